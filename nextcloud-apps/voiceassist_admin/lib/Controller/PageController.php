<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistAdmin\Controller;

use OCA\VoiceAssistAdmin\Gateway\GatewayController;
use OCP\AppFramework\Http\Attribute\NoCSRFRequired;
use OCP\AppFramework\Http\Attribute\UserRateLimit;
use OCP\AppFramework\Http\RedirectResponse;
use OCP\AppFramework\Http\TemplateResponse;

/** Without NoAdminRequired: only administrators of Nextcloud get in. */
class PageController extends GatewayController {
	#[NoCSRFRequired]
	public function index(): TemplateResponse {
		return $this->page(['gateway', 'connection', 'voiceassist_admin']);
	}

	#[NoCSRFRequired]
	#[UserRateLimit(limit: 10, period: 60)]
	public function connected(#[\SensitiveParameter] string $code = '', string $state = ''): RedirectResponse {
		return $this->completeConnection($code, $state);
	}
}
