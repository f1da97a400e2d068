<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

/** The operations that this app may call: appinfo/operations.json. Whatever it does not name cannot be reached. */
class OperationList {
	private const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

	/** @var Operation[] */
	private array $operations = [];

	public function __construct(string $operationsFile = __DIR__ . '/../../appinfo/operations.json') {
		$declared = json_decode((string)file_get_contents($operationsFile), true, 8, JSON_THROW_ON_ERROR);
		foreach ($declared['operations'] as $operation) {
			$this->operations[] = new Operation(
				$operation['method'],
				$operation['path'],
				$operation['scope'],
				$operation['query'] ?? [],
				$operation['body'] ?? false,
				$operation['probe'] ?? false,
				$operation['cache_seconds'] ?? 0,
			);
		}
	}

	/**
	 * Finds what a request to /apps/<app>/api/<route> asks for. The route is the path on the server without its leading
	 * /api/ or /.
	 *
	 * @return array{Operation, string} the operation and the path on the server
	 * @throws GatewayProblem unknown-operation
	 */
	public function find(string $method, string $route): array {
		foreach ($this->operations as $operation) {
			$pattern = preg_replace('#^/(api/)?#', '', $operation->path);
			$pattern = str_replace('\{id\}', self::UUID, preg_quote((string)$pattern, '#'));
			// D: a line break at the end is no part of a route.
			if ($operation->method === $method && preg_match('#^' . $pattern . '$#D', $route) === 1) {
				$prefix = str_starts_with($operation->path, '/api/') ? '/api/' : '/';
				return [$operation, $prefix . $route];
			}
		}
		throw new GatewayProblem(404, 'unknown-operation', 'This app does not offer that operation.');
	}

	/** @return Operation[] what tries a new token */
	public function probes(): array {
		return array_values(array_filter($this->operations, fn (Operation $operation): bool => $operation->isProbe));
	}

	/** @return string[] every scope that a token for this app needs */
	public function scopes(): array {
		$scopes = array_filter(array_map(fn (Operation $operation): ?string => $operation->scope, $this->operations));
		return array_values(array_unique($scopes));
	}
}
