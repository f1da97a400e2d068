import { ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BEARER_SCHEME } from '../access/declarations.ts';
import { ProblemDetails } from '../problem/problem-details.dto.ts';
import { operationsOf } from './openapi-components.ts';
import { refineSchemas, shareParameters } from './openapi-schemas.ts';
import { addProblems, operationId } from './route-problems.ts';
import { VERSION } from './version.ts';

const DESCRIPTION = `One REST API over a person's Nextcloud, and cited answers from their own documents.

To try it here: call \`POST /api/auth/login\` with "Try it out", copy the \`access_token\` of the answer, press *Authorize* and paste it.

- Every error is a [problem details](https://www.rfc-editor.org/rfc/rfc9457) object. Switch on its \`code\`, which never changes.
- Times are RFC 3339, member names are snake_case, lists are read page by page with the \`next_cursor\` of the page before.
- An unknown member of a request body is refused (422), so that a misspelt one is noticed.
- A JSON body holds at most 1 MiB, 2,000 values, 64 members in an object and 65,536 characters in a text.`;

const BEARER_DESCRIPTION = `Paste a token without the word "Bearer":

- an access token: the \`access_token\` of \`POST /api/auth/login\`. It opens every operation that the account may use, for some minutes;
- or a personal access token: \`POST /api/auth/tokens\`. It opens the operations that show an \`x-required-scope\` which the token has.`;

/** The groups of operations, in the order in which a newcomer needs them. */
const TAGS = [
  ['auth', 'Open an account, log in, refresh and end sessions, make personal access tokens. Begin here.'],
  ['second factor', 'Set up an authenticator app and recovery codes, and finish a login with a code.'],
  ['passkeys', 'Add passkeys (WebAuthn) and log in with them.'],
  ['single sign-on', 'Log in by Nextcloud, Google, Microsoft or another OpenID provider, and link such identities.'],
  ['users', 'The own account; for administrators: all accounts and invitations.'],
  ['nextcloud account', 'Link the Nextcloud account of a user, and examine the connection.'],
  [
    'files',
    'List, search, download, upload, move and delete files of the linked account, and choose which are indexed.',
  ],
  ['knowledge', 'Ask indexed documents; each answer quotes them and cites the place.'],
  ['jobs', 'Follow and cancel work that outlives a request, such as scans.'],
  [
    'nextcloud users',
    'For administrators: users and groups of Nextcloud, and the accounts that are provisioned there.',
  ],
  ['nextcloud', 'Requests that Nextcloud sends to this server.'],
  ['operations', 'Probes for orchestrators; for administrators: the audit trail.'],
] as const;

/** The OpenAPI 3.1 document of the application. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('VoiceAssist server')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/', 'The server that serves this document')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: BEARER_DESCRIPTION }, BEARER_SCHEME)
    .addSecurityRequirements(BEARER_SCHEME);
  for (const [name, description] of TAGS) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    extraModels: [ProblemDetails],
    operationIdFactory: operationId,
  });
  addProblems(document, app.get(ModulesContainer));
  refineSchemas(document);
  shareParameters(document);
  for (const operation of operationsOf(document)) if (operation.parameters?.length === 0) delete operation.parameters;
  return document;
}

/** Serves Swagger UI at /docs and the document at /openapi.json. */
export function serveOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'VoiceAssist server',
    swaggerOptions: { persistAuthorization: false, displayRequestDuration: true, docExpansion: 'none' },
  });
}
