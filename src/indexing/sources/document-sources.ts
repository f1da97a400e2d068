import type { DocumentSource } from './document-source.port.ts';

/** The sources that documents come from, by kind; which there are is said in the composition. */
export class DocumentSources {
  readonly #byKind: ReadonlyMap<string, DocumentSource>;

  constructor(sources: readonly DocumentSource[]) {
    this.#byKind = new Map(sources.map((source) => [source.kind, source]));
    if (this.#byKind.size < sources.length) throw new Error('Two sources of documents are of the same kind');
  }

  /** The source of a kind, which a document, a scan or a route names. */
  of(kind: string): DocumentSource {
    const source = this.#byKind.get(kind);
    if (source === undefined) throw new Error(`There is no source of documents of the kind ${kind}`);
    return source;
  }

  /** Users whose documents can be read now, by the kind of source. */
  async usersByKind(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const users = new Map<string, ReadonlySet<string>>();
    for (const [kind, source] of this.#byKind) users.set(kind, new Set(await source.usersWithSource()));
    return users;
  }
}
