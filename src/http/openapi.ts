import { ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PERSONAL_TOKEN_SCHEME, SESSION_SCHEME } from '../access/declarations.ts';
import { ProblemDocument } from '../problem/problem-document.dto.ts';
import { addProblems, operationId } from './route-problems.ts';
import { VERSION } from './version.ts';

const DESCRIPTION = `One REST API over a person's Nextcloud, and cited answers from their own documents.

Register or log in, press *Authorize* and paste the access token. Every error is [problem details](https://www.rfc-editor.org/rfc/rfc9457)
with a stable \`code\`; times are RFC 3339; names are snake_case.`;

/** The OpenAPI document of the application. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('VoiceAssist server')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, SESSION_SCHEME)
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'va_...',
        description:
          'A personal access token: POST /api/auth/tokens. It opens the operations that name it, when it has the scope in `x-required-scope`.',
      },
      PERSONAL_TOKEN_SCHEME,
    )
    .addSecurityRequirements(SESSION_SCHEME)
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [ProblemDocument],
    operationIdFactory: operationId,
  });
  return addProblems(document, app.get(ModulesContainer));
}

/** Serves Swagger UI at /docs and the document at /openapi.json. */
export function serveOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'VoiceAssist server',
    swaggerOptions: { persistAuthorization: false, displayRequestDuration: true },
  });
}
