//! The help texts, as people read them.

use std::fmt::Write as _;

use crate::server::Home;

#[test]
fn help_of_every_command() {
    let home = Home::new();
    let mut all = String::new();
    collect(&home, &mut Vec::new(), &mut all);
    insta::assert_snapshot!("help", all);
}

/// The help of a command, then of those below it.
fn collect(home: &Home, path: &mut Vec<String>, all: &mut String) {
    let args: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let help = home.run(&args).good();
    writeln!(all, "$ freehold {}\n{help}\n", args.join(" ")).unwrap();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in commands.take_while(|line| !line.is_empty()) {
        let Some(name) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) else { continue };
        let name = name.split_whitespace().next().unwrap().to_owned();
        if name != "help" {
            path.push(name);
            collect(home, path, all);
            path.pop();
        }
    }
}

#[test]
fn completions_for_each_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completions", shell]).good();
        assert!(script.contains("verify-bootstrap"), "{shell}");
    }
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    let home = Home::new();
    assert_eq!(home.run(&["acounts"]).code, Some(2));
    assert_eq!(home.run(&["accounts", "show"]).code, Some(2));
    home.run(&["whoami", "--server", "nonsense"]).refused(2);
}
