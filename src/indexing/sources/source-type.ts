/** What a label of documents looks like. */
export const SOURCE_TYPE = /^[a-z0-9_-]{1,32}$/;
