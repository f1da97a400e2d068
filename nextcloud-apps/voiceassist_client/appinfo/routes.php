<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

return [
	'routes' => [
		['name' => 'page#index', 'url' => '/', 'verb' => 'GET'],
		['name' => 'page#connected', 'url' => '/connected', 'verb' => 'GET'],
		['name' => 'connection#begin', 'url' => '/connection/begin', 'verb' => 'POST'],
		['name' => 'connection#connect', 'url' => '/connection', 'verb' => 'POST'],
		['name' => 'connection#disconnect', 'url' => '/connection', 'verb' => 'DELETE'],
		// What may be reached behind api/ is in operations.json.
		['name' => 'api#get', 'url' => '/api/{route}', 'verb' => 'GET', 'requirements' => ['route' => '.+']],
		['name' => 'api#post', 'url' => '/api/{route}', 'verb' => 'POST', 'requirements' => ['route' => '.+']],
	],
];
