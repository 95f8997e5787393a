// Verifies webhooks with the `standardwebhooks` library, which shares no code with enrichd or its tests.
//
// Reads lines of JSON from standard input: {"secret", "headers", "body", "is_genuine"}. Prints how many genuine ones it took
// and how many forged ones it refused; exits with 1 if it was wrong about any.
import readline from 'node:readline';
import { Webhook } from 'standardwebhooks';

let taken = 0;
let refused = 0;
let wrong = 0;

function isTaken(line) {
    try {
        new Webhook(line.secret).verify(line.body, line.headers);
        return true;
    } catch {
        return false;
    }
}

for await (const text of readline.createInterface({ input: process.stdin })) {
    const line = JSON.parse(text);
    const verdict = isTaken(line);
    taken += verdict && line.is_genuine;
    refused += !verdict && !line.is_genuine;
    wrong += verdict !== line.is_genuine;
}
console.log(JSON.stringify({ taken, refused, wrong }));
process.exitCode = wrong ? 1 : 0;
