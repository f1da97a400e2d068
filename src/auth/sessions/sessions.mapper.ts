import type { SessionPrincipal } from '../../access/principal.ts';
import type { LivingSession } from './own-sessions.service.ts';
import type { OwnSessionResponse } from './sessions.dto.ts';

/** What users see of their own sessions. */
export function ownSessionResponse(session: LivingSession, { sessionId }: SessionPrincipal): OwnSessionResponse {
  return {
    id: session.id,
    name: session.name,
    is_current: session.id === sessionId,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    address: session.address,
    user_agent: session.userAgent,
    methods: [...session.methods],
  };
}
