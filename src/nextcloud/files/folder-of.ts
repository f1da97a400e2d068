/** The folder that a path lies in; both in their normal form, see `davPath`. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
