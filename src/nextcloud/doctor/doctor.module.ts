import { Module } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { SsoConfig } from '../../config/sso.config.ts';
import { OutboundClient } from '../../outbound/outbound.client.ts';
import { AccountModule } from '../account/account.module.ts';
import { DoctorController } from './doctor.controller.ts';
import { DoctorService } from './doctor.service.ts';
import { doctorSettings } from './doctor-settings.ts';
import { ServerDoctor } from './server-doctor.ts';
import { SignOnHistory } from './sign-on-history.ts';

type SettingParts = [NextcloudConfig, SsoConfig, HttpConfig];

/** Finds out what is wrong between this server and Nextcloud, and says what to do. */
@Module({
  imports: [AccountModule],
  controllers: [DoctorController],
  providers: [
    DoctorService,
    SignOnHistory,
    {
      provide: ServerDoctor,
      inject: [OutboundClient, NextcloudConfig, SsoConfig, HttpConfig],
      useFactory: (outbound: OutboundClient, ...[nextcloud, sso, http]: SettingParts) =>
        new ServerDoctor(doctorSettings({ nextcloud, sso, http }), outbound),
    },
  ],
})
export class DoctorModule {}
