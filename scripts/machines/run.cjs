// Runs state machines for a test: each line that comes in starts one, and each line that goes out says how one ended.
// Their tasks call functions over HTTP, as Step Functions calls Lambda's; retries wait for nothing.
//
// `node run.cjs <folder of node_modules> <http://127.0.0.1:port>`

const { createRequire } = require('node:module');
const fs = require('node:fs');
const http = require('node:http');
const readline = require('node:readline');

// The interpreter asks for a newer Node than it needs, for this alone.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new this((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
};

const [modules, endpoint] = process.argv.slice(2);
const { StateMachine } = createRequire(`${modules}/`)('aws-local-stepfunctions');
const agent = new http.Agent({ keepAlive: true });

/** What Lambda's Invoke answers; an error has the name that the function gave it. */
function invoke(functionName, { Payload }) {
  return new Promise((resolve, reject) => {
    const path = `/2015-03-31/functions/${functionName}/invocations`;
    const request = http.request(endpoint + path, { method: 'POST', agent }, (answer) => {
      let body = '';
      answer.on('data', (part) => (body += part));
      answer.on('end', () => {
        const payload = JSON.parse(body);
        if (answer.statusCode === 200 && !answer.headers['x-amz-function-error']) {
          return resolve({ StatusCode: 200, ExecutedVersion: '$LATEST', Payload: payload });
        }
        const error = new Error(payload.errorMessage);
        error.name = payload.errorType ?? 'Lambda.Unknown';
        reject(error);
      });
    });
    request.on('error', reject);
    request.end(JSON.stringify(Payload));
  });
}

function tasks(definition) {
  return Object.entries(definition.States).flatMap(([name, state]) => [
    ...(state.Type === 'Task' ? [name] : []),
    ...(state.ItemProcessor ? tasks(state.ItemProcessor) : []),
  ]);
}

const machines = new Map();

function machineOf(path) {
  if (!machines.has(path)) {
    const definition = JSON.parse(fs.readFileSync(path));
    machines.set(path, { machine: new StateMachine(definition), names: tasks(definition) });
  }
  return machines.get(path);
}

/** `definition` is a file; its tasks call that function, whatever it names. */
async function run({ name, definition, functionName, input }) {
  const { machine, names } = machineOf(definition);
  const each = (value) => Object.fromEntries(names.map((task) => [task, value]));
  const call = (task) => invoke(functionName, task);
  const overrides = { taskResourceLocalHandlers: each(call), retryIntervalOverrides: each(0) };
  try {
    await machine.run(input, { overrides }).result;
    return { name, succeeded: true };
  } catch (error) {
    return { name, succeeded: false, error: `${error.name}: ${error.message}` };
  }
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  console.log(JSON.stringify(await run(JSON.parse(line))));
});
