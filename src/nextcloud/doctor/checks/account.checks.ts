import { davFailure } from '../../dav/dav-failure.ts';
import { encodeDavPath } from '../../dav/dav-path.ts';
import { findProperty } from '../../dav/multistatus.types.ts';
import { findField, findText, parseJson } from '../../server/ocs-envelope.ts';
import { propertyText, responsesOf, type AccountSnapshot } from '../account-snapshot.ts';
import { fault, ok, skipped, warning, type Check, type Finding } from '../check.types.ts';

const DAV = 'DAV:';
const OC = 'http://owncloud.org/ns';
const CALDAV = 'urn:ietf:params:xml:ns:caldav';
const MULTISTATUS = 207;
const LITTLE_SPACE_BYTES = 100 * 1_024 * 1_024;
const MAX_FOLDERS = 10;
const SERVER_CHECKS = ['dav-path', 'authorization-header'];

const RELINK =
  'Link the account again: POST /api/integrations/nextcloud/link and open the address it gives, or PUT /api/integrations/nextcloud/account with a new app password.';

const linked: Check<AccountSnapshot> = {
  id: 'account-linked',
  title: 'Your Nextcloud account is linked',
  run: (snapshot) =>
    Promise.resolve(
      snapshot.isLinked
        ? ok({ uid: snapshot.account.uid, scheme: snapshot.account.scheme })
        : skipped('You have not linked a Nextcloud account.', RELINK),
    ),
};

const credential: Check<AccountSnapshot> = {
  id: 'account-credential',
  title: 'Your app password works',
  needs: ['account-linked', ...SERVER_CHECKS],
  run: async (snapshot) => {
    const { state, scheme } = snapshot.account;
    if (state === 'invalid') return deadPassword();
    if (state === 'suspended') return suspended();
    if (scheme === 'basic') {
      return skipped(
        'It worked when last used. It is not tried here: this Nextcloud counts each try as a login by password.',
      );
    }
    const answer = await snapshot.home();
    if (answer.status === MULTISTATUS || answer.status === 404) return ok();
    const error = davFailure(answer, 'nextcloud-doctor');
    if (error.code !== 'account-link-invalid' && error.code !== 'account-suspended') throw error;
    await snapshot.onRefused(error);
    return error.code === 'account-suspended' ? suspended() : deadPassword();
  },
};

const home: Check<AccountSnapshot> = {
  id: 'account-home',
  title: 'Your files can be reached',
  needs: ['account-credential'],
  run: async (snapshot) => {
    const answer = await snapshot.home();
    // Somebody else's home is shown as an empty folder without an id, not refused.
    const [root] = answer.status === MULTISTATUS ? await responsesOf(answer) : [];
    if (propertyText(root, OC, 'fileid') !== null) return ok();
    return fault({
      cause: 'The linked account is not the owner of the folder that its user id leads to.',
      fix: `The user id of your account has changed in Nextcloud. ${RELINK}`,
      facts: { status: answer.status },
    });
  },
};

const quota: Check<AccountSnapshot> = {
  id: 'account-quota',
  title: 'There is room for uploads',
  needs: ['account-home'],
  run: async (snapshot) => {
    const [root] = await responsesOf(await snapshot.home());
    const available = Number(propertyText(root, DAV, 'quota-available-bytes') ?? Number.NaN);
    const used = Number(propertyText(root, DAV, 'quota-used-bytes') ?? Number.NaN);
    // Negative numbers mean unlimited or unknown.
    if (!Number.isFinite(available) || available < 0) return ok();
    const facts = { available_bytes: available, used_bytes: Number.isFinite(used) ? used : null };
    if (available >= LITTLE_SPACE_BYTES) return ok(facts);
    const fix = 'Empty the trash in Nextcloud, delete what is not needed, or ask its administrator for more space.';
    return available === 0
      ? fault({ cause: 'Your storage in Nextcloud is full: uploads are refused.', fix, facts })
      : warning({ cause: 'Your storage in Nextcloud is nearly full.', fix, facts });
  },
};

const folders: Check<AccountSnapshot> = {
  id: 'account-watched-folders',
  title: 'The folders that are indexed exist',
  needs: ['account-home'],
  run: async (snapshot) => {
    const watched = snapshot.watchDirectories.slice(0, MAX_FOLDERS);
    const statuses = await Promise.all(watched.map((folder) => folderStatus(snapshot, folder)));
    const missing = watched.filter((_, index) => statuses[index] === 404);
    const facts = { watched: watched.join(', '), missing: missing.join(', ') };
    if (missing.length === 0) return ok(facts);
    if (missing.length < watched.length)
      return ok(facts, `Not there, and therefore not indexed: ${missing.join(', ')}`);
    return warning({
      cause: 'Your account has none of the folders that are indexed, so nothing is.',
      fix: `Make one of them in Nextcloud and put documents there: ${watched.join(', ')}`,
      facts,
    });
  },
};

const calendars: Check<AccountSnapshot> = {
  id: 'account-calendars',
  title: 'You have a calendar',
  needs: ['account-home'],
  run: async (snapshot) => {
    const properties = '<d:resourcetype/>';
    const answer = await snapshot.propfind({ path: snapshot.pathIn('calendars', '/'), depth: '1', properties });
    if (answer.status !== MULTISTATUS && answer.status !== 404) throw davFailure(answer, 'nextcloud-doctor');
    const found = answer.status === MULTISTATUS ? await responsesOf(answer) : [];
    const count = found.filter((response) =>
      findProperty(response, DAV, 'resourcetype')?.children.some(
        ({ namespace, name }) => namespace === CALDAV && name === 'calendar',
      ),
    ).length;
    if (count > 0) return ok({ calendars: count });
    return warning({
      cause: 'Your account has no calendar ("Calendar not found").',
      fix: 'Make one in the Calendar app of Nextcloud, or let an administrator do it: occ dav:create-calendar USER personal. Its address need not be configured here.',
      facts: { calendars: 0, status: answer.status },
    });
  },
};

const uploads: Check<AccountSnapshot> = {
  id: 'account-uploads',
  title: 'Large files can be uploaded in pieces',
  needs: ['account-credential'],
  run: async (snapshot) => {
    const { bodyText } = await snapshot.capabilities();
    const data = findField(findField(parseJson(bodyText), 'ocs'), 'data');
    const chunking = findText(findField(findField(data, 'capabilities'), 'dav'), 'chunking');
    if (chunking !== null) return ok({ chunking });
    return warning({
      cause: 'Nextcloud does not offer chunked upload: large uploads may fail.',
      fix: 'Check that the app "dav" is complete and the version of Nextcloud is supported.',
    });
  },
};

/** The caller's own account. */
export const ACCOUNT_CHECKS: readonly Check<AccountSnapshot>[] = [
  linked,
  credential,
  home,
  quota,
  folders,
  calendars,
  uploads,
];

function deadPassword(): Finding {
  return fault({
    cause: 'Nextcloud refuses the app password of your account: it was revoked there, or a second factor was enforced.',
    fix: RELINK,
  });
}

function suspended(): Finding {
  return fault({
    cause: 'Your account is disabled in Nextcloud.',
    fix: 'Ask the administrator of Nextcloud to enable it; the link then works again by itself.',
  });
}

async function folderStatus(snapshot: AccountSnapshot, folder: string): Promise<number> {
  const path = snapshot.pathIn('files', encodeDavPath(folder.replace(/\/+$/, '') || '/'));
  return (await snapshot.propfind({ path, depth: '0', properties: '<d:resourcetype/>' })).status;
}
