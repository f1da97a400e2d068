<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistClient\Controller;

use OCA\VoiceAssistClient\Gateway\GatewayController;
use OCP\AppFramework\Http\Attribute\NoAdminRequired;
use OCP\AppFramework\Http\Attribute\NoCSRFRequired;
use OCP\AppFramework\Http\Attribute\UserRateLimit;
use OCP\AppFramework\Http\RedirectResponse;
use OCP\AppFramework\Http\TemplateResponse;

/** Every signed-in user. */
class PageController extends GatewayController {
	#[NoAdminRequired]
	#[NoCSRFRequired]
	public function index(): TemplateResponse {
		return $this->page(['gateway', 'connection', 'voiceassist_client']);
	}

	#[NoAdminRequired]
	#[NoCSRFRequired]
	#[UserRateLimit(limit: 10, period: 60)]
	public function connected(#[\SensitiveParameter] string $code = '', string $state = ''): RedirectResponse {
		return $this->completeConnection($code, $state);
	}
}
