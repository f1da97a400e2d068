import type { OpenAPIObject } from '@nestjs/swagger';
import type { NextcloudAppCall, NextcloudAppCalls } from '../access/declarations.ts';
import type { Reference } from './openapi-components.ts';

/** One operation that an app may call, as its gateway reads it (nextcloud-apps/gateway/lib/OperationList.php). */
export interface AppOperation {
  readonly method: string;
  readonly path: string;
  /** What the token of the user must be allowed to do; null: sent without any token. */
  readonly scope: string | null;
  readonly query?: readonly string[];
  readonly body?: true;
  readonly probe?: true;
  readonly cache_seconds?: number;
}

/** The operations of each app, by app id. */
export type AppOperations = Readonly<Record<keyof Required<NextcloudAppCalls> | 'voiceassist_docs', AppOperation[]>>;

interface MarkedOperation {
  readonly 'x-nextcloud-app'?: NextcloudAppCalls;
  readonly 'x-required-scope'?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: object;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
}

/** What the Nextcloud apps may call: the operations of the document that are marked with `x-nextcloud-app`. */
export function nextcloudAppOperations(document: OpenAPIObject): AppOperations {
  const lists: AppOperations = {
    voiceassist_client: [],
    voiceassist_admin: [],
    // The document does not describe itself.
    voiceassist_docs: [{ method: 'GET', path: '/openapi.json', scope: null, cache_seconds: 300 }],
  };
  const paths = Object.entries(document.paths).sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [path, item] of paths) {
    for (const [method, operation] of Object.entries(item) as [string, MarkedOperation][]) {
      for (const [app, call] of Object.entries(operation['x-nextcloud-app'] ?? {})) {
        const name = { method: method.toUpperCase(), path };
        const query = queryNames(document, operation);
        lists[app as keyof NextcloudAppCalls].push({ ...name, ...described(operation, { query, ...call }) });
      }
    }
  }
  return lists;
}

function described(
  { 'x-required-scope': required, security, requestBody }: MarkedOperation,
  { query = [], probe }: NextcloudAppCall,
): Omit<AppOperation, 'method' | 'path'> {
  // Without a scope an app sends no token at all.
  if (required === undefined && security?.length !== 0)
    throw new Error('An operation for sessions only is marked for an app');
  return {
    scope: required ?? null,
    ...(query.length > 0 && { query }),
    ...(requestBody !== undefined && { body: true }),
    ...(probe === true && { probe: true }),
  };
}

function queryNames(document: OpenAPIObject, { parameters = [] }: MarkedOperation): string[] {
  const shared = document.components?.parameters as Readonly<Record<string, Parameter>> | undefined;
  const resolved = parameters.map((each) => ('$ref' in each ? shared?.[each.$ref.split('/').at(-1) ?? ''] : each));
  return resolved.flatMap((each) => (each?.in === 'query' ? [each.name] : []));
}

/** A table of operations and their scopes, as the README of the apps has one for each. */
export function operationsTable(operations: readonly AppOperation[]): string {
  const rows = operations.map(({ method, path, scope }) => [
    `\`${method} ${path}\``,
    scope === null ? 'none' : `\`${scope}\``,
  ]);
  const table = [['Operation', 'Scope'], ...rows];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}
