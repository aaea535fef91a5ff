package console

// Role is what a caller may do. Each includes those before it.
type Role string

// The roles.
const (
	// RoleRead sees what there is, and has plans computed; it changes nothing.
	RoleRead Role = "read"
	// RoleOperate changes what the gateway does, or what AWS grants.
	RoleOperate Role = "operate"
	// RoleAdmin says who else may call.
	RoleAdmin Role = "admin"
)

// Includes reports whether the role may do what another may. One that is none of
// the three may do nothing, and nobody may do what it could.
func (r Role) Includes(least Role) bool {
	has, wants := r.rank(), least.rank()
	return has > 0 && wants > 0 && has >= wants
}

func (r Role) rank() int {
	switch r {
	case RoleRead:
		return 1
	case RoleOperate:
		return 2
	case RoleAdmin:
		return 3
	}
	return 0
}
