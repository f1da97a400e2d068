<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistAdmin\Controller;

use OCA\VoiceAssistAdmin\Gateway\AnswerResponse;
use OCA\VoiceAssistAdmin\Gateway\GatewayController;
use OCP\AppFramework\Http\Attribute\UserRateLimit;

/** Without NoAdminRequired: only administrators of Nextcloud get in. The request token of the page is asked for. */
class ApiController extends GatewayController {
	#[UserRateLimit(limit: 120, period: 60)]
	public function get(): AnswerResponse {
		return $this->forward();
	}
}
