package console

import "github.com/headgate/headgate/internal/access"

// Role is what a caller may do, as access has it: an operation names the least.
type Role = access.Role

// The roles.
const (
	RoleRead    = access.RoleRead
	RoleOperate = access.RoleOperate
	RoleAdmin   = access.RoleAdmin
)
