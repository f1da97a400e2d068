import type { FileTree } from './tree.ts';
import type { FolderNode } from './tree-node.ts';

/** The shape of a generated account. */
export interface SeedOptions {
  readonly uid: string;
  /** Folders directly below `root`, named `folder-00001` upwards. */
  readonly folders: number;
  readonly filesPerFolder: number;
  /** Path of the folder that holds them; default the home itself. */
  readonly root?: string;
  /** Extension of the files without the dot; default `txt`. */
  readonly extension?: string;
  /** Content of one file; default a short distinct sentence. Indices start at 0. */
  readonly contentOf?: (folder: number, file: number) => string | Buffer;
}

/** Fills a home directly, without climbing the tree for every file. */
export function seedTree(tree: FileTree, root: FolderNode, options: SeedOptions): void {
  const contentOf =
    options.contentOf ?? ((folder, file) => `Guideline ${folder + 1}.${file + 1}: a generated document.\n`);
  for (let folder = 0; folder < options.folders; folder++) {
    const parent = tree.createFolder(root, `folder-${numbered(folder)}`);
    for (let file = 0; file < options.filesPerFolder; file++) {
      tree.createFile(
        parent,
        `file-${numbered(file)}.${options.extension ?? 'txt'}`,
        Buffer.from(contentOf(folder, file)),
      );
    }
  }
  tree.propagate(root);
}

function numbered(index: number): string {
  return String(index + 1).padStart(5, '0');
}
