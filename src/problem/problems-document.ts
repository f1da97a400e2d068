import { problemType } from './problem-details.dto.ts';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';

/** docs/problems.md: every problem this API can answer with. */
export function problemsDocument(): string {
  const rows = (Object.keys(PROBLEMS) as ProblemCode[]).map((code) => {
    const { status, title, meaning, retryable } = PROBLEMS[code];
    return `| <a id="${code}"></a>\`${code}\` | ${status} | ${title} | ${meaning} | ${retryable ? 'yes' : 'no'} |`;
  });
  return `# Problems

Made by \`npm run generate\` from \`src/problem/problem-codes.ts\`.

Every error is answered as \`application/problem+json\` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)). \`code\` is the
stable name to switch on and the last segment of \`type\` (\`${problemType('not-found')}\`); \`instance\` is the
request id, which is also in \`X-Request-ID\` and in the log of the server. \`errors\` lists the broken rules of a request that
fails validation. "Retry" says whether the same request may succeed later without a change.

| Code | Status | Title | Meaning | Retry |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
