<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistApp\AppInfo;

use OCA\VoiceAssistApp\Gateway\ForgetToken;
use OCP\AppFramework\App;
use OCP\AppFramework\Bootstrap\IBootContext;
use OCP\AppFramework\Bootstrap\IBootstrap;
use OCP\AppFramework\Bootstrap\IRegistrationContext;
use OCP\User\Events\UserDeletedEvent;

/** The application of each app that keeps tokens; the names of the app are put in at packaging. */
class Application extends App implements IBootstrap {
	public function __construct() {
		parent::__construct('voiceassist_app');
	}

	public function register(IRegistrationContext $context): void {
		$context->registerEventListener(UserDeletedEvent::class, ForgetToken::class);
	}

	public function boot(IBootContext $context): void {
	}
}
