<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
/** @var array $_ */
?>
<section id="voiceassist-connect" class="voiceassist-panel" hidden>
	<h3>Connect</h3>
	<p>Log in to VoiceAssist once, and allow this app to ask it for you.</p>
	<button id="voiceassist-begin" type="button" class="primary">Connect</button>
	<details>
		<summary>Use a personal access token instead</summary>
		<form id="voiceassist-paste" autocomplete="off">
			<p>
				Make one in VoiceAssist with these scopes, and no others:
				<?php foreach ($_['scopes'] as $scope) { ?><code><?php p($scope); ?></code> <?php } ?>
			</p>
			<p>It is kept on this Nextcloud server, encrypted, and never shown again.</p>
			<label for="voiceassist-token">Personal access token</label>
			<input id="voiceassist-token" type="password" required maxlength="100" spellcheck="false" autocomplete="off">
			<button type="submit">Use this token</button>
		</form>
	</details>
</section>
