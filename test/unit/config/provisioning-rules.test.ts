// What automatic provisioning needs, said at start and not at the first registration.
import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';

const COMPLETE = {
  NEXTCLOUD_URL: 'http://localhost:8080',
  NEXTCLOUD_ADMIN_USER: 'service',
  NEXTCLOUD_ADMIN_PASSWORD: 'an app password',
  NEXTCLOUD_AUTO_PROVISION: 'registration',
};

describe('NEXTCLOUD_AUTO_PROVISION', () => {
  it('A17: is off unless it is set, and takes groups and a quota', () => {
    expect(loadConfiguration({}).nextcloud.autoProvision).toBe('off');
    const more = { NEXTCLOUD_PROVISION_GROUPS: 'nurses, voiceassist', NEXTCLOUD_PROVISION_QUOTA: '5 GB' };
    const { nextcloud } = loadConfiguration({ ...COMPLETE, ...more });
    expect(nextcloud).toMatchObject({ provisionGroups: ['nurses', 'voiceassist'], provisionQuota: '5 GB' });
  });

  it.each([
    [{ NEXTCLOUD_AUTO_PROVISION: 'registration', NEXTCLOUD_URL: 'http://localhost:8080' }, 'NEXTCLOUD_ADMIN_USER'],
    [{ ...COMPLETE, NEXTCLOUD_AUTO_PROVISION: 'always' }, 'NEXTCLOUD_AUTO_PROVISION'],
    [{ ...COMPLETE, NEXTCLOUD_PROVISION_GROUPS: 'nurses,admin' }, 'NEXTCLOUD_PROVISION_GROUPS'],
    [{ ...COMPLETE, NEXTCLOUD_PROVISION_QUOTA: 'much' }, 'NEXTCLOUD_PROVISION_QUOTA'],
  ])('does not start with %j', (environment, name) => {
    expect(() => loadConfiguration(environment)).toThrow(name);
  });
});
