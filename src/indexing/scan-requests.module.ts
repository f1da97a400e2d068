import { Global, Module } from '@nestjs/common';
import { StoredScanRequests } from './scanning/stored-scan-requests.ts';
import { ScanRequests } from './sources/scan-requests.port.ts';

/** Lets sources ask for scans. A module of its own: indexing needs its sources, and they need only this. */
@Global()
@Module({ providers: [{ provide: ScanRequests, useClass: StoredScanRequests }], exports: [ScanRequests] })
export class ScanRequestsModule {}
