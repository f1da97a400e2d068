import { makeEmbeddedTemplate } from './embedded-template.ts';

/** Runs once before all tests. */
export default makeEmbeddedTemplate;
