//! Who may do what: the whole matrix as one file to review, and the policy against a naive model of it.

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::Path};

use plane::{
    guard::{
        actions::{ALL, ActionFacts, Class},
        policy::{Policy, Principal, Scope},
        rights::{
            EffectivePermissions, Flags, Level, Mask, Menu, MenuPermission, Right, TabPermission, Verb, everywhere,
        },
    },
    ids::{AccountId, EnterpriseId, Subject, known},
};
use proptest::{prelude::RngExt as _, test_runner::TestRng};
use uuid::Uuid;

const ACME: AccountId = AccountId::from_uuid(Uuid::from_u128(0xacce));
const OTHER: AccountId = AccountId::from_uuid(Uuid::from_u128(0x07e2));
const EAST: EnterpriseId = EnterpriseId::from_uuid(Uuid::from_u128(0xea57));
const WEST: EnterpriseId = EnterpriseId::from_uuid(Uuid::from_u128(0x3e57));

fn caller(grants: &EffectivePermissions) -> Principal {
    Principal {
        subject: Subject::from_uuid(Uuid::from_u128(1)),
        account: ACME,
        enterprise: EAST,
        every_enterprise: false,
        active: true,
        operator: false,
        rights: grants.words().collect(),
    }
}

fn of_platform(grants: &EffectivePermissions, operator: bool) -> Principal {
    Principal {
        account: known::ROOT_ACCOUNT,
        enterprise: known::GLOBAL_ENTERPRISE,
        every_enterprise: true,
        operator,
        ..caller(grants)
    }
}

/// Everybody whom the matrix asks about.
fn principals() -> Vec<(String, Principal)> {
    let everything = EffectivePermissions::of(Mask::EVERYTHING, &everywhere(Flags::ALL));
    let view = EffectivePermissions::of(Mask::VIEW, &everywhere(Flags::VIEW));
    let nothing = EffectivePermissions::default();
    let narrow = Mask::try_from(0b00000_00000_11111).unwrap();
    let none_but_see = Flags { is_visible: true, ..Flags::default() };
    let mut all: Vec<(String, Principal)> = vec![
        ("operator with every right".into(), of_platform(&everything, true)),
        ("operator who may look".into(), of_platform(&view, true)),
        (
            "operator of one enterprise".into(),
            Principal { enterprise: EAST, every_enterprise: false, ..of_platform(&everything, true) },
        ),
        ("platform user with every right, no platform role".into(), of_platform(&everything, false)),
        ("platform user without roles".into(), of_platform(&nothing, false)),
        ("deactivated operator".into(), Principal { active: false, ..of_platform(&everything, true) }),
        ("tenant: technical user".into(), caller(&view)),
        ("tenant: administrator".into(), caller(&everything)),
        ("tenant: administrator, deactivated".into(), Principal { active: false, ..caller(&everything) }),
        (
            "tenant: every menu, mask of the account level".into(),
            caller(&EffectivePermissions::of(narrow, &everywhere(Flags::ALL))),
        ),
        (
            "tenant: every menu, empty mask".into(),
            caller(&EffectivePermissions::of(Mask::NOTHING, &everywhere(Flags::ALL))),
        ),
        (
            "tenant: sees every menu, may not look".into(),
            caller(&EffectivePermissions::of(Mask::EVERYTHING, &everywhere(none_but_see))),
        ),
        ("tenant: no roles".into(), caller(&nothing)),
        ("administrator of the other account".into(), Principal { account: OTHER, ..caller(&everything) }),
    ];
    for menu in Menu::ALL {
        let grants = EffectivePermissions::of(Mask::EVERYTHING, &[MenuPermission::new(menu, Flags::ALL)]);
        all.push((format!("tenant: all of {menu}"), caller(&grants)));
    }
    all
}

/// What is asked about, seen from the caller: a letter for each.
fn scopes(principal: &Principal) -> [(char, Scope); 4] {
    let others = if principal.account == OTHER { ACME } else { OTHER };
    let another = if principal.enterprise == WEST { EAST } else { WEST };
    [
        ('A', Scope { account: principal.account, enterprise: None }),
        ('E', Scope { account: principal.account, enterprise: Some(principal.enterprise) }),
        ('o', Scope { account: principal.account, enterprise: Some(another) }),
        ('X', Scope { account: others, enterprise: None }),
    ]
}

#[test]
fn the_matrix_is_the_one_reviewed() {
    let policy = Policy::default();
    let principals = principals();
    let mut text = String::from(
        "Who may do what, decided by the policy.\n\n\
         A  in the caller's own account as a whole\n\
         E  in the caller's own enterprise\n\
         o  in another enterprise of the caller's account\n\
         X  in another account\n\
         .  refused\n\n",
    );
    for (number, (name, _)) in principals.iter().enumerate() {
        writeln!(text, "{:>2}  {name}", number + 1).unwrap();
    }
    write!(text, "\n{:<22}{:<10}", "action", "for").unwrap();
    (1..=principals.len()).for_each(|number| write!(text, "{number:<5}").unwrap());
    let mut cells = 0;
    for facts in ALL {
        write!(text, "\n{:<22}{:<10}", facts.id, facts.class.as_str()).unwrap();
        for (_, principal) in &principals {
            for (letter, scope) in scopes(principal) {
                text.push(if policy.decide(principal, facts, scope).permitted { letter } else { '.' });
                cells += 1;
            }
            text.push(' ');
        }
    }
    let text: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = text.join("\n") + "\n";
    assert!(cells >= 1_500, "{cells}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/authorization-matrix.txt");
    #[expect(clippy::disallowed_methods, reason = "an environment variable selects whether to write the file")]
    let update = env::var_os("UPDATE_MATRIX").is_some();
    if update {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        reviewed == text,
        "docs/authorization-matrix.txt is out of date: run the tests with UPDATE_MATRIX=1 and look at the difference"
    );
}

#[test]
fn every_action_has_a_name_of_its_own_and_a_right_that_exists() {
    let ids: BTreeSet<_> = ALL.iter().map(|facts| facts.id).collect();
    assert_eq!(ids.len(), ALL.len());
    for facts in ALL {
        assert!(facts.right.menu.tabs().contains(&facts.right.tab), "{}", facts.id);
    }
}

/// A role as a person thinks of it: a mask, and flags on tabs.
struct NaiveRole {
    mask: u32,
    permissions: Vec<MenuPermission>,
}

impl NaiveRole {
    fn gives(&self, right: Right) -> bool {
        let level = match right.menu {
            Menu::Dashboard | Menu::Overview | Menu::AccountSettings => Level::Account as u32,
            Menu::AccessControl | Menu::Security => Level::Enterprise as u32,
            Menu::Pipelines | Menu::Builds => Level::Workstream as u32,
        };
        let verb = match right.verb {
            Verb::Visible => 0,
            Verb::View => 1,
            Verb::Create => 2,
            Verb::Edit => 3,
            Verb::Delete => 4,
        };
        if (self.mask / 2_u32.pow(level * 5 + verb)).is_multiple_of(2) {
            return false;
        }
        let Some(menu) = self.permissions.iter().find(|permission| permission.menu == right.menu) else { return false };
        let tab = menu.tabs.iter().find(|tab| tab.tab.as_str() == right.tab);
        let flags = tab.map_or_else(|| menu.flags(), TabPermission::flags);
        // The whole account's audit log is not a part of seeing the menu.
        if tab.is_none() && right.tab == "account-audit" && menu.flags() != Flags::ALL {
            return false;
        }
        [flags.is_visible, flags.can_view, flags.can_create, flags.can_edit, flags.can_delete][verb as usize]
    }
}

/// The rules in plain words.
fn naive(caller: &Principal, roles: &[NaiveRole], facts: &ActionFacts, scope: Scope) -> bool {
    if !caller.active {
        return false;
    }
    let mine = scope.account == caller.account;
    if scope.enterprise.is_some_and(|enterprise| enterprise != caller.enterprise) && !caller.every_enterprise {
        return false;
    }
    let has_right = roles.iter().any(|role| role.gives(facts.right));
    match facts.class {
        Class::Own => mine,
        Class::Tenant => has_right && (mine || caller.operator),
        Class::Platform => has_right && caller.operator,
    }
}

#[test]
fn the_policy_decides_as_the_naive_model_does() {
    let policy = Policy::default();
    let mut rng = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let (accounts, enterprises) = ([ACME, OTHER, known::ROOT_ACCOUNT], [EAST, WEST, known::GLOBAL_ENTERPRISE]);
    let (mut cases, mut permitted) = (0, 0);
    while cases < 100_000 {
        let roles: Vec<NaiveRole> = (0..rng.random_range(0..3)).map(|_| role(&mut rng)).collect();
        let mut grants = EffectivePermissions::default();
        for role in &roles {
            grants.add(Mask::try_from(role.mask).unwrap(), &role.permissions);
        }
        let caller = Principal {
            subject: Subject::from_uuid(Uuid::from_u128(rng.random())),
            account: accounts[rng.random_range(0..3)],
            enterprise: enterprises[rng.random_range(0..3)],
            every_enterprise: rng.random_ratio(1, 3),
            active: rng.random_ratio(7, 8),
            operator: rng.random_ratio(1, 3),
            rights: grants.words().collect(),
        };
        for _ in 0..20 {
            let facts = ALL[rng.random_range(0..ALL.len())];
            let scope = Scope {
                account: accounts[rng.random_range(0..3)],
                enterprise: enterprises.get(rng.random_range(0..6)).copied(),
            };
            let decided = policy.decide(&caller, facts, scope).permitted;
            assert_eq!(decided, naive(&caller, &roles, facts, scope), "{caller:?} {} {scope:?}", facts.id);
            cases += 1;
            permitted += usize::from(decided);
        }
    }
    assert!((5_000..95_000).contains(&permitted), "{permitted} of {cases} permitted: the cases are one-sided");
}

fn role(rng: &mut TestRng) -> NaiveRole {
    let mask = if rng.random_ratio(1, 2) { 0x7fff } else { rng.random_range(0..=0x7fff) };
    let mut flags = || Flags {
        is_visible: rng.random(),
        can_view: rng.random(),
        can_create: rng.random(),
        can_edit: rng.random(),
        can_delete: rng.random(),
    };
    let mut permissions = Vec::new();
    for menu in Menu::ALL {
        let mut permission = MenuPermission::new(menu, flags());
        for tab in &mut permission.tabs {
            let Flags { is_visible, can_view, can_create, can_edit, can_delete } = flags();
            (tab.is_visible, tab.can_view, tab.can_create) = (is_visible, can_view, can_create);
            (tab.can_edit, tab.can_delete) = (can_edit, can_delete);
        }
        // Some tabs are left to their menu.
        permission.tabs.truncate(1 + permission.tabs.len() / 2);
        permissions.push(permission);
    }
    NaiveRole { mask, permissions }
}
