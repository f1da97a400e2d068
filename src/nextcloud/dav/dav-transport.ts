import { AsyncLocalStorage } from 'node:async_hooks';
import { AuthType, createClient, getPatcher } from 'webdav';
import type { OutboundClient } from '../../outbound/outbound.client.ts';
import type { OutboundRequest, OutboundResponse } from '../../outbound/outbound.types.ts';
import type { UpstreamPolicy } from '../../outbound/upstream.policy.ts';
import { authorizationOf, budgetOf, type NextcloudCredential } from './nextcloud-credential.ts';
import { davAreaUrl, type DavArea } from './dav-href.ts';
import { encodeDavPath } from './dav-path.ts';

/** What the webdav package hands to its fetch. */
interface LibraryRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

type Send = (url: string, request: LibraryRequest) => Promise<Response>;

const currentSend = new AsyncLocalStorage<Send>();

// The package has one hook for the whole process; the current call finds its own way out through the async context, and
// a call that did not come through this file has none.
getPatcher().patch('fetch', (...call: unknown[]) => {
  const send = currentSend.getStore();
  if (!send) throw new Error('The webdav package may only be used through WebdavTransport');
  const [url, request] = call as [string, LibraryRequest];
  return send(url, request);
});

/** One DAV request on a path of the user. */
export interface WebdavRequest extends Pick<
  OutboundRequest,
  'signal' | 'maxBodyBytes' | 'totalTimeoutMs' | 'acceptsGzip'
> {
  readonly method: string;
  /** In its normal form, see `davPath`. */
  readonly path: string;
  /** What the path is below of; default the user's files. */
  readonly area?: DavArea;
  readonly headers?: Record<string, string>;
  readonly data?: string;
  /** Content to send; with a Content-Length when it is a stream. */
  readonly content?: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Sends DAV requests built by the webdav package through the outbound client. */
export class WebdavTransport {
  constructor(
    private readonly outbound: OutboundClient,
    private readonly policy: UpstreamPolicy,
  ) {}

  /** Returns any status but a redirect; throws what {@link OutboundClient.request} throws. */
  async send(credential: NextcloudCredential, request: WebdavRequest): Promise<OutboundResponse> {
    const { method, path, area = 'files', headers = {}, data, content, ...limits } = request;
    const base = davAreaUrl(credential.baseUrl, credential.uid, area);
    const client = createClient(base, clientOptions(credential));
    let answer: OutboundResponse | undefined;
    const send: Send = async (url, library) => {
      answer = await this.outbound.request(this.policy, {
        ...limits,
        ...budgetOf(credential),
        method: library.method ?? method,
        url,
        headers: library.headers ?? {},
        ...(library.body === undefined ? {} : { body: library.body }),
        // Bytes pass by the package, which would turn them into a web stream.
        ...(content === undefined ? {} : { body: content }),
      });
      // The package only looks at the status and throws on a failure; the caller reads the real answer.
      return new Response(null, { status: 204 });
    };
    await currentSend.run(send, () =>
      client.customRequest(path, {
        // Given whole: the package's own encoding turns a certain text inside a name into a slash.
        url: base + (path === '/' ? '/' : encodeDavPath(path)),
        method,
        headers,
        ...(data === undefined ? {} : { data }),
      }),
    );
    if (!answer) throw new Error('The webdav package sent nothing');
    return answer;
  }
}

function clientOptions(credential: NextcloudCredential): Parameters<typeof createClient>[1] {
  const authorization = authorizationOf(credential);
  return credential.scheme === 'bearer'
    ? { authType: AuthType.Token, token: { access_token: credential.secret, token_type: 'Bearer' } }
    : // The package encodes Basic in Latin-1, which Nextcloud refuses.
      { authType: AuthType.None, headers: { Authorization: authorization } };
}
