// With the front controller: without pretty URLs Nextcloud answers 500 to the paths that lack it.

/** Authorization endpoint of the app `oauth2` below the address of a Nextcloud. */
export const AUTHORIZE_PATH = '/index.php/apps/oauth2/authorize';

/** Token endpoint of that app. */
export const TOKEN_PATH = '/index.php/apps/oauth2/api/v1/token';
