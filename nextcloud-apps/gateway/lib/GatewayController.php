<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

use OCP\AppFramework\Controller;
use OCP\AppFramework\Http\RedirectResponse;
use OCP\AppFramework\Http\TemplateResponse;
use OCP\IRequest;
use OCP\IURLGenerator;
use OCP\Util;

/**
 * What the controllers of the apps have in common. Each app says in its own controllers who gets in: Nextcloud reads the
 * attributes of the methods it calls.
 */
abstract class GatewayController extends Controller {
	public function __construct(
		string $appName,
		IRequest $request,
		private Gateway $gateway,
		private IURLGenerator $urls,
		private ?string $userId,
	) {
		parent::__construct($appName, $request);
	}

	/** @param string[] $scripts of the app, in the order in which they are needed */
	protected function page(array $scripts): TemplateResponse {
		foreach ($scripts as $script) {
			Util::addScript($this->appName, $script);
		}
		Util::addStyle($this->appName, 'gateway');
		Util::addStyle($this->appName, $this->appName);
		$addresses = [
			'appUrl' => $this->urls->linkToRoute($this->appName . '.page.index'),
			'filesUrl' => $this->urls->linkToRoute('files.view.index'),
		];
		return new TemplateResponse($this->appName, 'main', $addresses + $this->gateway->state((string)$this->userId));
	}

	/** Passes the request on. */
	protected function forward(): AnswerResponse {
		return $this->answer(function (): Answer {
			// Not getParam(): there a member of a JSON body stands in front of the URL.
			$route = $this->request->urlParams['route'] ?? '';
			parse_str($this->request->server['QUERY_STRING'] ?? '', $query);
			return $this->gateway->call((string)$this->userId, $this->request->getMethod(), $route, $query, $this->body());
		});
	}

	protected function keepToken(#[\SensitiveParameter] string $token): AnswerResponse {
		return $this->answer(function () use ($token): Answer {
			$this->gateway->connect((string)$this->userId, trim($token));
			return new Answer(200, 'application/json', '{"connected":true}');
		});
	}

	/** Answers with the address at which the user allows the connection. */
	protected function beginConnection(): AnswerResponse {
		return $this->answer(function (): Answer {
			$redirectUri = $this->urls->linkToRouteAbsolute($this->appName . '.page.connected');
			$url = $this->gateway->beginConnection((string)$this->userId, $this->appName, $redirectUri);
			return new Answer(200, 'application/json', json_encode(['url' => $url], JSON_THROW_ON_ERROR));
		});
	}

	/** The browser comes back with a code; it goes on to the page, which says how it ended. */
	protected function completeConnection(#[\SensitiveParameter] string $code, string $state): RedirectResponse {
		$outcome = 'connected';
		try {
			$this->gateway->completeConnection((string)$this->userId, $code, $state);
		} catch (GatewayProblem $problem) {
			$outcome = $problem->problemCode;
		}
		return new RedirectResponse($this->urls->linkToRoute($this->appName . '.page.index') . '?connection=' . $outcome);
	}

	protected function forgetToken(): AnswerResponse {
		$this->gateway->disconnect((string)$this->userId);
		return new AnswerResponse(new Answer(200, 'application/json', '{"connected":false}'));
	}

	private function answer(callable $work): AnswerResponse {
		try {
			return new AnswerResponse($work());
		} catch (GatewayProblem $problem) {
			return new AnswerResponse($problem->answer());
		}
	}

	private function body(): string {
		if ($this->request->getMethod() !== 'POST') {
			return '';
		}
		return (string)file_get_contents('php://input', false, null, 0, Gateway::MOST_BODY_BYTES + 1);
	}
}
