import { makeEmbeddedTemplate } from './database-template.ts';
import { makeServerTemplate } from './test-database.ts';

/** Runs once before all tests: what their databases are copied from. */
export default async function setUp(): Promise<void> {
  await makeEmbeddedTemplate();
  await makeServerTemplate();
}
