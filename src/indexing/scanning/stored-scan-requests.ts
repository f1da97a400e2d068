import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { ScanRequests } from '../sources/scan-requests.port.ts';

/** Keeps requests in the database; while one waits, further ones change nothing. */
@Injectable()
export class StoredScanRequests extends ScanRequests {
  constructor(private readonly database: Database) {
    super();
  }

  async trigger({ userId, source }: UserSource): Promise<void> {
    await this.database.read((em) =>
      em.execute(
        `insert into scan_states as s (user_id, source, hinted_at) values (?, ?, now())
         on conflict (user_id, source) do update set hinted_at = excluded.hinted_at where s.hinted_at is null`,
        [userId, source],
      ),
    );
  }
}
