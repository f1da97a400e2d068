import { readBeginning } from '../../outbound/bounded-read.ts';
import type { OutboundResponse } from '../../outbound/outbound.types.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { ProblemCode } from '../../problem/problem-codes.ts';
import { davFailure } from './dav-failure.ts';
import { findSabreException } from './sabre-exception.ts';

const MAX_ERROR_BYTES = 64 * 1_024;

/** What a status means for one kind of request, where that differs from `davFailure`. */
export type StatusMeanings = Readonly<Record<number, ProblemCode>>;

/**
 * The failure that an answer tells of.
 * @param meanings hold only for answers of the DAV server itself; a proxy's own page keeps its general meaning
 */
export async function answeredFailure(
  response: OutboundResponse,
  upstream: string,
  meanings: StatusMeanings = {},
): Promise<DomainError> {
  const { status, headers } = response;
  const bodyText = await readBeginning(response.body, MAX_ERROR_BYTES);
  const general = davFailure({ status, headers, bodyText }, upstream);
  const code = meanings[status];
  if (code === undefined || findSabreException(bodyText) === null) return general;
  const { headers: shown, logContext = {} } = general.options;
  return new DomainError(code, { logContext, ...(shown !== undefined && { headers: shown }) });
}

/** Ends an answer without reading its body; the connection is kept when there is none. */
export function leave({ status, headers, discard }: OutboundResponse): void {
  if (status !== 204 && headers['content-length'] !== '0') discard();
}
