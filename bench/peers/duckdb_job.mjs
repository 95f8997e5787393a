// usage: node duckdb_job.mjs DATABASE PEOPLE.jsonl LINKS.tsv THREADS
// Loads, says "ready", then answers each line IDENTIFIERS-FILE <tab> OUT-FILE with the microseconds that the job took.
// Only the families that are asked for are loaded, which is in DuckDB's favour; a million people then fit its memory.
import { createInterface } from 'node:readline'
import { DuckDBInstance } from '@duckdb/node-api'

const [database, people, links, threads] = process.argv.slice(2)
const text = (value) => `'${value.replaceAll("'", "''")}'`
const connection = await (await DuckDBInstance.create(database, { threads, memory_limit: '4GB' })).connect()

await connection.run(`CREATE TABLE person AS SELECT crustdata_person_id AS id, basic_profile, social_handles
  FROM read_json(${text(people)}, format = 'newline_delimited',
    columns = {crustdata_person_id: 'BIGINT', basic_profile: 'JSON', social_handles: 'JSON'})`)
await connection.run(`CREATE TABLE link AS SELECT * FROM read_csv(${text(links)}, delim = '\t', quote = '', header = false,
  columns = {url: 'VARCHAR', id: 'BIGINT'})`)
await connection.run('CHECKPOINT')
console.log('ready')

const job = (identifiers, out) => connection.run(`COPY (
  SELECT url AS original_identifier, id AS internal_id,
    {crustdata_person_id: id, basic_profile: basic_profile, social_handles: social_handles} AS data
  FROM read_csv(${text(identifiers)}, delim = '\t', quote = '', header = false, columns = {url: 'VARCHAR'})
  JOIN link USING (url) JOIN person USING (id)) TO ${text(out)} (FORMAT json, COMPRESSION gzip)`)

for await (const line of createInterface({ input: process.stdin })) {
  const start = process.hrtime.bigint()
  await job(...line.split('\t'))
  console.log(Number((process.hrtime.bigint() - start) / 1000n))
}
