//! Role presets: what a new role can start with, derived from the table of actions.
//!
//! INVARIANT: a preset lets nobody change anything but by a right that an operation of a tenant asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    actions::{self, ActionFacts, Class},
    rights::{Flags, Menu, MenuPermission, RESTRICTED, Right, TabName, TabPermission, Verb},
};

/// A set of permissions that a new role can start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RolePreset {
    /// Views everything but the audit log of the whole account.
    Viewer,
    /// Views like a viewer, and changes the account and its workstreams.
    Editor,
    /// Everything that a tenant can do.
    Administrator,
    /// Views like a viewer, and manages users, groups and roles.
    AccessManager,
}

impl RolePreset {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Administrator, Self::AccessManager];

    /// The name of a role that is made from it. "Administrator" alone is reserved for the platform.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Editor => "Editor",
            Self::Administrator => "Account administrator",
            Self::AccessManager => "Access manager",
        }
    }

    pub const fn summary(self) -> &'static str {
        match self {
            Self::Viewer => "Views the account, its licenses, workstreams, users, groups, roles and audit log.",
            Self::Editor => "Views like a viewer, edits the account, and manages workstreams.",
            Self::Administrator => "Can do everything that the account allows, access control included.",
            Self::AccessManager => {
                "Views like a viewer, and manages users, groups and roles. Grants only rights that it holds."
            }
        }
    }

    /// The permissions of a role that is made from it. Every tab is listed, so that none inherits from its menu.
    pub fn permissions(self) -> Vec<MenuPermission> {
        let mut permissions = Vec::new();
        for menu in Menu::ALL {
            let tabs: Vec<_> =
                menu.tabs().iter().map(|tab| TabPermission::new(TabName(tab), self.flags_on(menu, tab))).collect();
            // What all tabs give, their menu gives too: it can then be passed on with the menu.
            let all = |verb| tabs.iter().all(|tab| tab.flags().get(verb));
            let flags = Flags {
                can_create: all(Verb::Create),
                can_edit: all(Verb::Edit),
                can_delete: all(Verb::Delete),
                ..Flags::VIEW
            };
            permissions.push(MenuPermission { tabs, ..MenuPermission::new(menu, flags) });
        }
        permissions
    }

    fn flags_on(self, menu: Menu, tab: &'static str) -> Flags {
        // Nobody takes away or passes on what they do not hold. Who manages others must hold what the technical role views, and
        // that is every menu.
        let shown = self == Self::Administrator || !RESTRICTED.contains(&tab);
        let changes = |verb| self.changes(menu) && is_asked_for(Right { menu, tab, verb });
        Flags {
            is_visible: shown,
            can_view: shown,
            can_create: changes(Verb::Create),
            can_edit: changes(Verb::Edit),
            can_delete: changes(Verb::Delete),
        }
    }

    fn changes(self, menu: Menu) -> bool {
        match self {
            Self::Viewer => false,
            Self::Editor => menu != Menu::AccessControl,
            Self::Administrator => true,
            Self::AccessManager => menu == Menu::AccessControl,
        }
    }
}

/// Whether an operation of a tenant needs this right.
fn is_asked_for(right: Right) -> bool {
    tenant_actions().any(|action| action.right == right)
}

fn tenant_actions() -> impl Iterator<Item = &'static ActionFacts> {
    actions::ALL.iter().copied().filter(|action| match action.class {
        Class::Own | Class::Tenant => true,
        Class::Platform => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::rights::{EffectivePermissions, Mask, check, everywhere};

    fn grants(preset: RolePreset) -> EffectivePermissions {
        EffectivePermissions::of(Mask::EVERYTHING, &preset.permissions())
    }

    #[test]
    fn a_preset_gives_only_rights_that_exist() {
        for preset in RolePreset::ALL {
            check(&preset.permissions()).unwrap();
            for word in grants(preset).words() {
                let looks = word.ends_with(":visible") || word.ends_with(":view");
                let asked = tenant_actions().any(|action| action.right.to_string() == word);
                assert!(looks || asked, "{preset:?} gives {word}, and nothing asks for it");
            }
        }
    }

    #[test]
    fn a_viewer_changes_nothing() {
        for word in grants(RolePreset::Viewer).words() {
            assert!(word.ends_with(":visible") || word.ends_with(":view"), "{word}");
        }
        let whole_log = Right { menu: Menu::Overview, tab: "account-audit", verb: Verb::View };
        assert!(!grants(RolePreset::Viewer).holds(whole_log));
    }

    #[test]
    fn an_administrator_can_do_everything_that_a_tenant_may() {
        let held = grants(RolePreset::Administrator);
        for action in tenant_actions() {
            assert!(held.holds(action.right), "{}", action.id);
        }
        // They can take from everybody, and give to everybody: the technical user, too.
        assert!(EffectivePermissions::of(Mask::EVERYTHING, &everywhere(Flags::VIEW)).within(&held));
        for preset in RolePreset::ALL {
            assert!(grants(preset).within(&held), "{preset:?}");
        }
    }

    #[test]
    fn editors_and_access_managers_each_change_a_part_of_what_an_administrator_changes() {
        let held = |preset| grants(preset).words().collect::<std::collections::BTreeSet<_>>();
        let (editor, access) = (held(RolePreset::Editor), held(RolePreset::AccessManager));
        let changes = |word: &&String| !word.ends_with(":visible") && !word.ends_with(":view");
        assert_eq!(editor.intersection(&access).filter(changes).count(), 0);
        let both: Vec<_> = editor.union(&access).filter(changes).cloned().collect();
        let all = held(RolePreset::Administrator);
        assert_eq!(both, all.iter().filter(changes).cloned().collect::<Vec<_>>());
    }
}
