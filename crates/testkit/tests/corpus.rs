//! Replays every kept input of the fuzz targets.

use std::{fs, path::Path};

use testkit::fuzzing::{TARGETS, target};

#[test]
fn every_kept_input_still_keeps_the_promises() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for target in TARGETS {
        let folder = corpus.join(target.name);
        let mut inputs = 0;
        for entry in fs::read_dir(&folder).expect("every target has a folder of inputs") {
            let path = entry.expect("the folder can be listed").path();
            let input = fs::read(&path).expect("the input can be read");
            println!("{}", path.display());
            (target.run)(&input);
            inputs += 1;
        }
        assert!(inputs > 0, "{} has no inputs", folder.display());
    }
    for entry in fs::read_dir(&corpus).expect("the corpus is there") {
        let name = entry.expect("the folder can be listed").file_name();
        assert!(name.to_str().is_some_and(|name| target(name).is_some()), "{} is no target", name.display());
    }
}
