// Sends a fixed object with Fastify and nothing else. Started as a process by guarded-route.bench.ts.
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';

const body: unknown = JSON.parse(process.env['BARE_BODY'] ?? '{}');
const server = fastify();
server.get('/', () => Promise.resolve(body));
await server.listen({ port: 0, host: '127.0.0.1' });
process.send?.((server.server.address() as AddressInfo).port);
