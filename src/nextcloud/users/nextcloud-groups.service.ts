import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import type { OcsPageOf } from './nextcloud-users.service.ts';
import type { OcsPage } from './protocol/provisioning.client.ts';
import { ServiceAccount } from './service-account.ts';

/** Groups of Nextcloud, for administrators. */
@Injectable()
export class NextcloudGroupsService {
  constructor(
    private readonly account: ServiceAccount,
    private readonly audit: AuditTrail,
  ) {}

  async list(page: OcsPage): Promise<OcsPageOf<string>> {
    const found = await this.account.use((login, client) =>
      client.listGroups(login, { ...page, limit: page.limit + 1 }),
    );
    const entries = found.slice(0, page.limit);
    return { entries, nextOffset: found.length > page.limit ? page.offset + page.limit : null };
  }

  /** @throws DomainError `nextcloud-group-exists`, `nextcloud-change-refused` */
  async create(principal: Principal, groupId: string): Promise<void> {
    await this.account.use((login, client) => client.createGroup(login, groupId));
    await this.audit.record({ actorId: principal.userId, action: 'nextcloud-group.create', outcome: 'success' });
  }
}
