import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.ts';
import { AuthModule } from '../auth.module.ts';
import { AcceptanceController } from './acceptance.controller.ts';
import { AcceptanceService } from './acceptance.service.ts';
import { InvitationController } from './invitation.controller.ts';
import { InvitationService } from './invitation.service.ts';
import { PasswordResetController } from './password-reset.controller.ts';
import { PasswordResetService } from './password-reset.service.ts';
import { AccountLinks } from './account-links.ts';
import { AccountMailTask } from './account-mail.task.ts';
import { EmailController } from './email.controller.ts';
import { EmailChangeService } from './email-change.service.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** What happens by mail: verification, change of address, forgotten password, invitation. */
@Module({
  imports: [AuthModule, UsersModule],
  controllers: [EmailController, PasswordResetController, InvitationController, AcceptanceController],
  providers: [
    AcceptanceService,
    AccountLinks,
    AccountMailTask,
    EmailChangeService,
    EmailVerificationService,
    InvitationService,
    PasswordResetService,
  ],
})
export class AccountFlowsModule {}
