// Sends fixed bytes: the most that node:http can do on this machine. Started as a process by guarded-route.bench.ts.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = process.env['BARE_BODY'] ?? '';
const server = createServer((_request, response) => {
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
