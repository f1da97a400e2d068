// The least that an answer about the own account takes: node:http, one HMAC, one prepared SELECT. Started as a process
// by profile-route.bench.ts.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

const { BENCH_DATABASE_URL = '', BENCH_SECRET = '', BENCH_POOL_SIZE = '10', BENCH_USER_ID = '' } = process.env;
const pool = new pg.Pool({ connectionString: BENCH_DATABASE_URL, max: Number(BENCH_POOL_SIZE) });
const SELECT = {
  name: 'user',
  text: 'select id, email, full_name, is_active, is_admin, created_at, last_login from users where id = $1',
};

function holds(token: string): boolean {
  const end = token.lastIndexOf('.');
  const mac = createHmac('sha256', BENCH_SECRET).update(token.slice(0, end)).digest();
  const given = Buffer.from(token.slice(end + 1), 'base64url');
  return given.length === mac.length && timingSafeEqual(given, mac);
}

const server = createServer((request, response) => {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
  if (!holds(token)) {
    response.writeHead(401).end();
    return;
  }
  pool.query({ ...SELECT, values: [BENCH_USER_ID] }).then(
    ({ rows }) => {
      const body = JSON.stringify(rows[0]);
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    },
    () => response.writeHead(503).end(),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
