<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
/** @var array $_ */
?>
<form id="voiceassist-connect" class="voiceassist-panel" hidden autocomplete="off">
	<h3>Connect</h3>
	<p>
		Make a personal access token in VoiceAssist with these scopes, and no others:
		<?php foreach ($_['scopes'] as $scope) { ?><code><?php p($scope); ?></code> <?php } ?>
	</p>
	<p>It is kept on this Nextcloud server, encrypted, and never shown again.</p>
	<label for="voiceassist-token">Personal access token</label>
	<input id="voiceassist-token" type="password" required maxlength="100" spellcheck="false" autocomplete="off">
	<button type="submit" class="primary">Connect</button>
</form>
