//! Rights: seven menus and their tabs, and five verbs on each.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use super::mask::{Level, Mask};

/// What can be done in a menu or tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    Visible,
    View,
    Create,
    Edit,
    Delete,
}

impl Verb {
    pub const ALL: [Self; 5] = [Self::Visible, Self::View, Self::Create, Self::Edit, Self::Delete];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visible => "visible",
            Self::View => "view",
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
        }
    }
}

/// One of the seven menus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Menu {
    Dashboard,
    Overview,
    AccountSettings,
    AccessControl,
    Security,
    Pipelines,
    Builds,
}

impl Menu {
    pub const ALL: [Self; 7] = [
        Self::Dashboard,
        Self::Overview,
        Self::AccountSettings,
        Self::AccessControl,
        Self::Security,
        Self::Pipelines,
        Self::Builds,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dashboard => "dashboard",
            Self::Overview => "overview",
            Self::AccountSettings => "account-settings",
            Self::AccessControl => "access-control",
            Self::Security => "security",
            Self::Pipelines => "pipelines",
            Self::Builds => "builds",
        }
    }

    /// The level of the scope mask that the menu's rights are held against.
    pub const fn level(self) -> Level {
        match self {
            Self::Dashboard | Self::Overview | Self::AccountSettings => Level::Account,
            Self::AccessControl | Self::Security => Level::Enterprise,
            Self::Pipelines | Self::Builds => Level::Workstream,
        }
    }

    /// How many tabs hang under the menus before this one.
    const fn first_tab(self) -> usize {
        let (mut before, mut tabs) = (0, 0);
        while before < self as usize {
            tabs += Self::ALL[before].tabs().len();
            before += 1;
        }
        tabs
    }

    /// The places of its tabs among those of all menus.
    const fn places(self) -> std::ops::Range<usize> {
        self.first_tab()..self.first_tab() + self.tabs().len()
    }

    /// The tabs that hang under the menu.
    pub const fn tabs(self) -> &'static [&'static str] {
        match self {
            Self::Dashboard => &["summary"],
            Self::Overview => &["accounts", "provisioning", "audit", "account-audit"],
            Self::AccountSettings => &["account", "enterprises", "licenses", "workstreams"],
            Self::AccessControl => &["users", "groups", "roles"],
            Self::Security => &["credentials", "connectors", "connections", "sso"],
            Self::Pipelines => &["pipelines"],
            Self::Builds => &["builds", "agents", "infrastructure", "applications"],
        }
    }
}

/// The table of menus, verbs and scope mask, for the API's document: clients draw and explain rights from it.
pub fn table() -> Value {
    let menus = Menu::ALL.map(|menu| {
        json!({
            "menu": menu.as_str(),
            "level": menu.level().as_str(),
            "tabs": menu.tabs(),
            "restrictedTabs": menu.tabs().iter().filter(|tab| RESTRICTED.contains(tab)).collect::<Vec<_>>(),
        })
    });
    let bits = |level| -> Map<String, Value> {
        let bit = |verb: Verb| (verb.as_str().to_owned(), json!(Mask::bit(level, verb)));
        Verb::ALL.into_iter().map(bit).collect()
    };
    json!({
        "verbs": Verb::ALL.map(Verb::as_str),
        "levels": Level::ALL.map(Level::as_str),
        "menus": menus,
        "mask": {
            "everything": Mask::EVERYTHING,
            "bits": Level::ALL.into_iter().map(|level| (level.as_str().to_owned(), json!(bits(level)))).collect::<Map<_, _>>(),
        },
    })
}

impl fmt::Display for Menu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The five flags of a menu or tab.
#[expect(clippy::struct_excessive_bools, reason = "the documented shape of a permission is five flags")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Flags {
    pub is_visible: bool,
    pub can_view: bool,
    pub can_create: bool,
    pub can_edit: bool,
    pub can_delete: bool,
}

impl Flags {
    pub const ALL: Self = Self { is_visible: true, can_view: true, can_create: true, can_edit: true, can_delete: true };
    pub const VIEW: Self =
        Self { is_visible: true, can_view: true, can_create: false, can_edit: false, can_delete: false };

    pub const fn get(self, verb: Verb) -> bool {
        match verb {
            Verb::Visible => self.is_visible,
            Verb::View => self.can_view,
            Verb::Create => self.can_create,
            Verb::Edit => self.can_edit,
            Verb::Delete => self.can_delete,
        }
    }

    fn from_fn(of: impl Fn(Verb) -> bool) -> Self {
        Self {
            is_visible: of(Verb::Visible),
            can_view: of(Verb::View),
            can_create: of(Verb::Create),
            can_edit: of(Verb::Edit),
            can_delete: of(Verb::Delete),
        }
    }

    #[must_use]
    fn union(self, other: Self) -> Self {
        Self::from_fn(|verb| self.get(verb) || other.get(verb))
    }

    #[must_use]
    fn masked(self, mask: Mask, level: Level) -> Self {
        Self::from_fn(|verb| self.get(verb) && mask.allows(level, verb))
    }

    fn within(self, other: Self) -> bool {
        Verb::ALL.into_iter().all(|verb| !self.get(verb) || other.get(verb))
    }
}

/// What a role gives on one tab.
#[expect(clippy::struct_excessive_bools, reason = "the documented shape of a permission is five flags")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TabPermission {
    /// One of the menu's tabs.
    pub tab: TabName,
    pub is_visible: bool,
    pub can_view: bool,
    pub can_create: bool,
    pub can_edit: bool,
    pub can_delete: bool,
}

impl TabPermission {
    pub fn new(tab: TabName, flags: Flags) -> Self {
        let Flags { is_visible, can_view, can_create, can_edit, can_delete } = flags;
        Self { tab, is_visible, can_view, can_create, can_edit, can_delete }
    }

    pub const fn flags(&self) -> Flags {
        Flags {
            is_visible: self.is_visible,
            can_view: self.can_view,
            can_create: self.can_create,
            can_edit: self.can_edit,
            can_delete: self.can_delete,
        }
    }
}

/// The name of a tab that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TabName(pub(super) &'static str);

impl<'de> Deserialize<'de> for TabName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl TabName {
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl TryFrom<String> for TabName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Menu::ALL
            .into_iter()
            .flat_map(Menu::tabs)
            .find(|tab| **tab == name)
            .map(|tab| Self(tab))
            .ok_or_else(|| "the name of a tab, as GET /api/users/me/permissions lists them".to_owned())
    }
}

impl JsonSchema for TabName {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TabName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<_> = Menu::ALL.into_iter().flat_map(Menu::tabs).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

/// What a role gives on one menu, and on those of its tabs that differ from the menu.
#[expect(clippy::struct_excessive_bools, reason = "the documented shape of a permission is five flags")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MenuPermission {
    pub menu: Menu,
    pub is_visible: bool,
    pub can_view: bool,
    pub can_create: bool,
    pub can_edit: bool,
    pub can_delete: bool,
    /// Tabs left out have the flags of the menu; `account-audit` has them only if the menu gives all five.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub tabs: Vec<TabPermission>,
}

impl MenuPermission {
    pub fn new(menu: Menu, flags: Flags) -> Self {
        let Flags { is_visible, can_view, can_create, can_edit, can_delete } = flags;
        let tabs = menu.tabs().iter().map(|tab| TabPermission::new(TabName(tab), inherited(tab, flags))).collect();
        Self { menu, is_visible, can_view, can_create, can_edit, can_delete, tabs }
    }

    pub const fn flags(&self) -> Flags {
        Flags {
            is_visible: self.is_visible,
            can_view: self.can_view,
            can_create: self.can_create,
            can_edit: self.can_edit,
            can_delete: self.can_delete,
        }
    }

    /// The flags on a tab: its own, or those that it has from the menu.
    fn on_tab(&self, tab: &str) -> Flags {
        let own = self.tabs.iter().find(|own| own.tab.0 == tab);
        own.map_or_else(|| inherited(tab, self.flags()), TabPermission::flags)
    }
}

/// Tabs that show what belongs to no enterprise: to see the menu is not enough for them.
pub(super) const RESTRICTED: &[&str] = &["account-audit"];

/// The flags that a tab has from its menu where a role says nothing of the tab. A restricted one has them only from a menu
/// that gives every verb, as an administrator's role does.
fn inherited(tab: &str, menu: Flags) -> Flags {
    if RESTRICTED.contains(&tab) && menu != Flags::ALL { Flags::default() } else { menu }
}

/// Writes menus as serde does, in a fraction of its time: no key or name of a menu needs escapes.
pub fn write_menus(menus: &[MenuPermission], json: &mut Vec<u8>) {
    json.push(b'[');
    for (place, permission) in menus.iter().enumerate() {
        write_named(json, place, "menu", permission.menu.as_str(), permission.flags());
        json.extend_from_slice(b",\"tabs\":[");
        for (place, tab) in permission.tabs.iter().enumerate() {
            write_named(json, place, "tab", tab.tab.0, tab.flags());
            json.push(b'}');
        }
        json.extend_from_slice(b"]}");
    }
    json.push(b']');
}

/// Begins an object of a list.
fn write_named(json: &mut Vec<u8>, place: usize, kind: &str, name: &str, flags: Flags) {
    json.extend_from_slice(if place == 0 { b"{\"" } else { b",{\"" });
    json.extend_from_slice(kind.as_bytes());
    json.extend_from_slice(b"\":\"");
    json.extend_from_slice(name.as_bytes());
    json.push(b'"');
    let write = |json: &mut Vec<u8>, key: &str, set: bool| {
        json.extend_from_slice(key.as_bytes());
        json.extend_from_slice(if set { b"true" } else { b"false" });
    };
    write(json, ",\"isVisible\":", flags.is_visible);
    write(json, ",\"canView\":", flags.can_view);
    write(json, ",\"canCreate\":", flags.can_create);
    write(json, ",\"canEdit\":", flags.can_edit);
    write(json, ",\"canDelete\":", flags.can_delete);
}

/// The same flags on every menu and tab.
pub fn everywhere(flags: Flags) -> Vec<MenuPermission> {
    Menu::ALL.into_iter().map(|menu| MenuPermission::new(menu, flags)).collect()
}

/// Why a list of permissions is not one.
#[derive(Debug, thiserror::Error)]
pub enum NotPermissions {
    #[error("{0}: the menu stands twice")]
    MenuTwice(Menu),
    #[error("{0} has no tab {1}")]
    NoSuchTab(Menu, &'static str),
    #[error("{0}: the tab {1} stands twice")]
    TabTwice(Menu, &'static str),
}

/// Refuses menus and tabs that occur twice or in the wrong place.
pub fn check(permissions: &[MenuPermission]) -> Result<(), NotPermissions> {
    for (place, permission) in permissions.iter().enumerate() {
        let menu = permission.menu;
        if permissions[..place].iter().any(|earlier| earlier.menu == menu) {
            return Err(NotPermissions::MenuTwice(menu));
        }
        for (place, tab) in permission.tabs.iter().enumerate() {
            if !menu.tabs().contains(&tab.tab.0) {
                return Err(NotPermissions::NoSuchTab(menu, tab.tab.0));
            }
            if permission.tabs[..place].iter().any(|earlier| earlier.tab == tab.tab) {
                return Err(NotPermissions::TabTwice(menu, tab.tab.0));
            }
        }
    }
    Ok(())
}

/// One right: a verb on a tab of a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    pub menu: Menu,
    pub tab: &'static str,
    pub verb: Verb,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.menu, self.tab, self.verb.as_str())
    }
}

/// How many tabs there are under all menus.
const TABS: usize = {
    let last = Menu::ALL[Menu::ALL.len() - 1];
    last.first_tab() + last.tabs().len()
};

/// The sum of what several roles give, each within its own mask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectivePermissions {
    mask: Mask,
    menus: [Flags; Menu::ALL.len()],
    /// The tabs of the first menu, then those of the second, and so on.
    tabs: [Flags; TABS],
}

impl EffectivePermissions {
    /// Adds what a role gives: its permissions within its mask.
    pub fn add(&mut self, mask: Mask, permissions: &[MenuPermission]) {
        self.add_grants(mask, &Self::unmasked(permissions));
    }

    /// What permissions give by themselves, for `add_grants`.
    pub fn unmasked(permissions: &[MenuPermission]) -> Self {
        let mut grants = Self::default();
        for permission in permissions {
            let menu = permission.menu;
            let sum = &mut grants.menus[menu as usize];
            *sum = sum.union(permission.flags());
            for (sum, tab) in grants.tabs[menu.first_tab()..].iter_mut().zip(menu.tabs()) {
                *sum = sum.union(permission.on_tab(tab));
            }
        }
        grants
    }

    /// Adds what `unmasked` made, within a role's mask.
    pub fn add_grants(&mut self, mask: Mask, unmasked: &Self) {
        self.mask = self.mask.union(mask);
        for menu in Menu::ALL {
            let level = menu.level();
            let add = |sum: &mut Flags, flags: Flags| *sum = sum.union(flags.masked(mask, level));
            add(&mut self.menus[menu as usize], unmasked.menus[menu as usize]);
            for place in menu.places() {
                add(&mut self.tabs[place], unmasked.tabs[place]);
            }
        }
    }

    /// Adds what others hold.
    pub fn add_all(&mut self, other: &Self) {
        self.mask = self.mask.union(other.mask);
        let menus = self.menus.iter_mut().zip(other.menus);
        for (sum, flags) in menus.chain(self.tabs.iter_mut().zip(other.tabs)) {
            *sum = sum.union(flags);
        }
    }

    pub fn of(mask: Mask, permissions: &[MenuPermission]) -> Self {
        let mut grants = Self::default();
        grants.add(mask, permissions);
        grants
    }

    pub const fn mask(&self) -> Mask {
        self.mask
    }

    pub fn holds(&self, right: Right) -> bool {
        let place = right.menu.tabs().iter().position(|tab| *tab == right.tab);
        place.is_some_and(|place| self.tabs[right.menu.first_tab() + place].get(right.verb))
    }

    /// Whether everything here is held there too: what one may pass on.
    pub fn within(&self, other: &Self) -> bool {
        let all = |mine: &[Flags], theirs: &[Flags]| mine.iter().zip(theirs).all(|(mine, theirs)| mine.within(*theirs));
        self.mask.within(other.mask) && all(&self.menus, &other.menus) && all(&self.tabs, &other.tabs)
    }

    /// Every right held, as the policy's words for them.
    pub fn words(&self) -> impl Iterator<Item = String> + '_ {
        let tabs = Menu::ALL.into_iter().flat_map(|menu| menu.tabs().iter().map(move |tab| (menu, *tab)));
        tabs.zip(&self.tabs).flat_map(|((menu, tab), flags)| {
            Verb::ALL.into_iter().filter(|verb| flags.get(*verb)).map(move |verb| Right { menu, tab, verb }.to_string())
        })
    }

    /// All seven menus with their tabs, as the console draws them.
    pub fn menus(&self) -> Vec<MenuPermission> {
        let with_tabs = |menu: Menu| {
            let Flags { is_visible, can_view, can_create, can_edit, can_delete } = self.menus[menu as usize];
            let tabs = menu.tabs().iter().zip(&self.tabs[menu.places()]);
            let tabs = tabs.map(|(tab, flags)| TabPermission::new(TabName(tab), *flags)).collect();
            MenuPermission { menu, is_visible, can_view, can_create, can_edit, can_delete, tabs }
        };
        Menu::ALL.into_iter().map(with_tabs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_orders_its_bits_as_documented() {
        assert!(Mask::try_from(1).unwrap().allows(Level::Account, Verb::Visible));
        assert!(Mask::try_from(1 << 14).unwrap().allows(Level::Workstream, Verb::Delete));
        assert!(Mask::try_from(0x8000).is_err());
    }

    #[test]
    fn a_role_gives_its_permissions_within_its_mask() {
        let grants = EffectivePermissions::of(Mask::VIEW, &everywhere(Flags::ALL));
        let users = |verb| Right { menu: Menu::AccessControl, tab: "users", verb };
        assert!(grants.holds(users(Verb::View)));
        assert!(!grants.holds(users(Verb::Create)));
        assert!(grants.within(&EffectivePermissions::of(Mask::EVERYTHING, &everywhere(Flags::ALL))));
        assert!(!EffectivePermissions::of(Mask::EVERYTHING, &everywhere(Flags::ALL)).within(&grants));
    }

    #[test]
    fn menus_are_written_as_serde_writes_them() {
        for flags in [Flags::ALL, Flags::VIEW, Flags::default()] {
            for menus in [everywhere(flags), everywhere(flags)[..1].to_vec(), Vec::new()] {
                let mut json = Vec::new();
                write_menus(&menus, &mut json);
                assert_eq!(String::from_utf8(json).unwrap(), serde_json::to_string(&menus).unwrap());
            }
        }
    }

    #[test]
    fn the_whole_accounts_audit_log_is_not_a_part_of_viewing_everything() {
        let whole = Right { menu: Menu::Overview, tab: "account-audit", verb: Verb::View };
        let own = Right { tab: "audit", ..whole };
        let bare = |flags| MenuPermission { tabs: Vec::new(), ..MenuPermission::new(Menu::Overview, flags) };
        for view in [everywhere(Flags::VIEW), vec![bare(Flags::VIEW)]] {
            let grants = EffectivePermissions::of(Mask::EVERYTHING, &view);
            assert!(grants.holds(own) && !grants.holds(whole));
        }
        for all in [everywhere(Flags::ALL), vec![bare(Flags::ALL)]] {
            assert!(EffectivePermissions::of(Mask::EVERYTHING, &all).holds(whole));
        }
        let mut chosen = bare(Flags::VIEW);
        chosen.tabs.push(TabPermission::new(TabName("account-audit"), Flags::VIEW));
        assert!(EffectivePermissions::of(Mask::VIEW, &[chosen]).holds(whole));
    }

    #[test]
    fn a_tab_can_narrow_and_widen_its_menu() {
        let mut permission = MenuPermission::new(Menu::AccessControl, Flags::VIEW);
        permission.tabs = vec![
            TabPermission::new(TabName("users"), Flags::ALL),
            TabPermission::new(TabName("roles"), Flags::default()),
        ];
        let grants = EffectivePermissions::of(Mask::EVERYTHING, &[permission]);
        assert!(grants.holds(Right { menu: Menu::AccessControl, tab: "users", verb: Verb::Delete }));
        assert!(!grants.holds(Right { menu: Menu::AccessControl, tab: "roles", verb: Verb::View }));
        assert!(grants.holds(Right { menu: Menu::AccessControl, tab: "groups", verb: Verb::View }));
    }
}
