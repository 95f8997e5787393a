// An HTTP proxy that holds every answer against the OpenAPI description, with openapi-backend and Ajv: a second opinion
// that shares no code with description.py. What passes is handed on unchanged; what does not becomes a 502 that says why.
//
// usage: node judge.mjs DOCUMENT.json
//
// Prints "listening ADDRESS". Clients tunnel through it (CONNECT host:port), so one judge serves many servers. On SIGTERM
// it prints what it saw, as one JSON object, and exits with 1 if anything was wrong.
import fs from 'node:fs';
import net from 'node:net';
import { Validator as DocumentValidator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { OpenAPIBackend } from 'openapi-backend';

const PLAIN_HEADERS = new Set(['date', 'connection', 'keep-alive', 'content-type', 'content-length', 'transfer-encoding']);
const VIOLATIONS_MAX = 1000;

const text = fs.readFileSync(process.argv[2], 'utf-8');

async function checkDocument() {
  const result = await new DocumentValidator().validate(JSON.parse(text));
  if (!result.valid) {
    console.error('the document is no OpenAPI 3.1:', JSON.stringify(result.errors, null, 1));
    process.exit(1);
  }
}

// ---- judging --------------------------------------------------------------------------------------------------------

// Answers to requests that match no operation are put beside the paths as one operation more, so that the same library
// judges them.
const OTHER = '/x-other-requests';

async function makeBackend() {
  const definition = JSON.parse(text);
  definition.paths[OTHER] = { get: { operationId: 'other', ...definition['x-other-requests'] } };
  const backend = new OpenAPIBackend({
    definition,
    strict: true,
    quick: true, // without its own check of the document, which knows OpenAPI 3.0 only; checkDocument did that
    ignoreTrailingSlashes: false,
    customizeAjv: (_, options) => addFormats(new Ajv2020({ ...options, strict: false, allErrors: true })),
  });
  await backend.init();
  return backend;
}

function describe(error) {
  return `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`;
}

function headerFaults(backend, operation, response, status, headers) {
  const described = Object.entries(response.headers ?? {});
  const missing = described.filter(([name, header]) => header.required && !(name.toLowerCase() in headers));
  const special = Object.fromEntries(Object.entries(headers).filter(
    ([name]) => !PLAIN_HEADERS.has(name) || described.some(([known]) => known.toLowerCase() === name)));
  const result = backend.validator.validateResponseHeaders(special, operation, { statusCode: status, setMatchType: 'subset' });
  return [...missing.map(([name]) => `header ${name} is missing`), ...(result.errors ?? []).map(describe)];
}

function bodyFaults(backend, operation, response, status, isHead, headers, body) {
  if (isHead || !response.content) return body.length ? ['there is a body'] : [];
  const type = (headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  if (!(type in response.content)) return [`content type ${type || 'missing'} is not described`];
  if (type !== 'application/json') return [];
  let value;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    return [`body: ${error.message}`];
  }
  return (backend.validator.validateResponse(value, operation, status).errors ?? []).map(describe);
}

// The library takes two slashes for one and letters of any case for a method; the server does not.
function operationOf(backend, method, path) {
  if (path.startsWith('//') || method !== method.toUpperCase()) return undefined;
  return backend.matchOperation({ method, path, headers: {} })
    ?? (method === 'HEAD' ? backend.matchOperation({ method: 'GET', path, headers: {} }) : undefined);
}

function faults(backend, method, path, status, headers, body) {
  const operation = operationOf(backend, method, path) ?? backend.router.getOperation('other');
  const response = operation.responses[status];
  if (!response) return [`status ${status} is not described`];
  return [...headerFaults(backend, operation, response, status, headers),
    ...bodyFaults(backend, operation, response, status, method === 'HEAD', headers, body)];
}

// ---- HTTP, as far as a tap needs it -----------------------------------------------------------------------------------

// {line, headers, size} of a message's head; null while it is incomplete. Header names are lower case.
function readHead(buffer) {
  const end = buffer.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [line, ...fields] = buffer.toString('latin1', 0, end).split('\r\n');
  const headers = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { line, headers, size: end + 4 };
}

// {body, end} of a chunked body that begins at `at`; null while it is incomplete.
function readChunks(buffer, at) {
  const chunks = [];
  for (;;) {
    const end = buffer.indexOf('\r\n', at);
    if (end < 0) return null;
    const size = parseInt(buffer.toString('latin1', at, end), 16);
    if (!(size >= 0)) throw new Error('not a chunk');
    const from = end + 2;
    if (buffer.length < from + size + 2) return null;
    if (size === 0) return { body: Buffer.concat(chunks), end: from + 2 };
    chunks.push(buffer.subarray(from, from + size));
    at = from + size + 2;
  }
}

function readSized(buffer, at, size) {
  return buffer.length < at + size ? null : { body: buffer.subarray(at, at + size), end: at + size };
}

// A request at the buffer's beginning: {method, path, end}; end is null while its body is incomplete.
function readRequest(buffer) {
  const head = readHead(buffer);
  if (!head) return null;
  const [method, path, version] = head.line.split(' ');
  if (!version?.startsWith('HTTP/1.')) throw new Error('not a request');
  const body = 'transfer-encoding' in head.headers ? readChunks(buffer, head.size)
    : readSized(buffer, head.size, Number(head.headers['content-length'] ?? 0));
  return { method, path, end: body?.end ?? null };
}

// The answer to such a request: {status, headers, body, end}; null while it is incomplete.
function readAnswer(buffer, method, isClosed) {
  const head = readHead(buffer);
  if (!head) return null;
  const status = Number(head.line.split(' ')[1]);
  const { headers } = head;
  let rest;
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) rest = readSized(buffer, head.size, 0);
  else if (headers['transfer-encoding'] === 'chunked') rest = readChunks(buffer, head.size);
  else if ('content-length' in headers) rest = readSized(buffer, head.size, Number(headers['content-length']));
  else if (isClosed) rest = readSized(buffer, head.size, buffer.length - head.size);
  return rest ? { status, headers, ...rest } : null;
}

// ---- the proxy ------------------------------------------------------------------------------------------------------

const seen = { answers: 0, operations: {}, violations: [] };

function judge(backend, request, answer) {
  const { method, path } = request;
  const found = faults(backend, method, path, answer.status, answer.headers, answer.body);
  const name = `${operationOf(backend, method, path)?.operationId ?? 'other'} ${answer.status}`;
  seen.answers += 1;
  seen.operations[name] = (seen.operations[name] ?? 0) + 1;
  if (found.length && seen.violations.length < VIOLATIONS_MAX) {
    const violation = `${method} ${path.slice(0, 200)} -> ${answer.status}: ${found.slice(0, 10).join('; ')}`;
    seen.violations.push(violation);
    console.error(violation);
  }
  return found;
}

function refusal(found) {
  const text = `not as described: ${found.join('\n')}\n`;
  return `HTTP/1.1 502 Not as described\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`
    + `Connection: close\r\n\r\n${text}`;
}

// Bytes go to the server as they come, and back answer by answer once each is judged. What cannot be read as HTTP is
// not judged but passed on, from there to the end of the connection.
class Tunnel {
  constructor(backend, client, upstream) {
    const [host, port] = upstream.split(/:(?=\d+$)/);
    Object.assign(this, { backend, client, requests: [], sent: Buffer.alloc(0), received: Buffer.alloc(0), isOpen: false });
    this.isBodyRunning = false;
    this.server = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
    client.on('data', (data) => { this.guarded(() => this.take(data)); this.server.write(data); });
    client.on('end', () => this.server.end());
    this.server.on('data', (data) => this.answer(data, false));
    this.server.on('end', () => { this.answer(Buffer.alloc(0), true); client.end(); });
    for (const [one, other] of [[client, this.server], [this.server, client]]) {
      one.on('error', () => other.destroy());
      one.on('close', (hadError) => { if (hadError) other.destroy(); });
    }
  }

  guarded(read) {
    if (this.isOpen) return;
    try {
      read();
    } catch {
      this.isOpen = true;
    }
  }

  // Notes the requests that the client has begun.
  take(data) {
    this.sent = Buffer.concat([this.sent, data]);
    for (let request; this.sent.length && (request = readRequest(this.sent));) {
      if (!this.isBodyRunning) this.requests.push(request);
      this.isBodyRunning = request.end === null;
      if (this.isBodyRunning) return;
      this.sent = this.sent.subarray(request.end);
    }
  }

  answer(data, isClosed) {
    this.received = Buffer.concat([this.received, data]);
    this.guarded(() => {
      for (let answer; this.requests.length && (answer = readAnswer(this.received, this.requests[0].method, isClosed));) {
        const raw = this.received.subarray(0, answer.end);
        this.received = this.received.subarray(answer.end);
        if (answer.status < 200) {
          this.client.write(raw);
          continue;
        }
        const found = judge(this.backend, this.requests.shift(), answer);
        this.client.write(found.length ? refusal(found) : raw);
      }
    });
    if (this.isOpen || isClosed) {
      this.client.write(this.received);
      this.received = Buffer.alloc(0);
    }
  }
}

// The first line of a connection must be CONNECT host:port.
function accept(backend, client) {
  let head = Buffer.alloc(0);
  client.on('error', () => client.destroy());
  client.on('data', function begin(data) {
    head = Buffer.concat([head, data]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [method, upstream] = head.toString('latin1', 0, end).split(' ');
    client.off('data', begin);
    if (method !== 'CONNECT') {
      client.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    new Tunnel(backend, client, upstream);
    if (head.length > end + 4) client.emit('data', head.subarray(end + 4));
  });
}

function serve(backend) {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => accept(backend, client));
  server.listen(0, '127.0.0.1', () => console.log(`listening 127.0.0.1:${server.address().port}`));
  process.on('SIGTERM', () => {
    console.log(JSON.stringify(seen));
    process.exit(seen.violations.length ? 1 : 0);
  });
}

await checkDocument();
serve(await makeBackend());
