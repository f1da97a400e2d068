import type { UserResponse } from './user.dto.ts';
import type { Profile } from './profile-loader.ts';

/** The fields of an account that leave the server. */
export function userResponse(user: Profile): UserResponse {
  return {
    id: user.id,
    email: user.email,
    full_name: user.fullName ?? null,
    is_active: user.isActive,
    is_admin: user.isAdmin,
    role: user.isAdmin ? 'admin' : 'user',
    created_at: user.createdAt.toISOString(),
    last_login: user.lastLogin?.toISOString() ?? null,
  };
}
