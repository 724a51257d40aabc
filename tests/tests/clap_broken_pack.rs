//! `BETWIXT_PACK` names a file that is no pack: the plugin says so in its window and its log, and
//! the host sees nothing worse than silence. A process of its own, for the environment's sake.

use betwixt_tests::analysis::level;
use betwixt_tests::rig::{RATE_HZ, Rig, plain, play, ready};
use betwixt_tests::test_pack::TestPack;
use std::time::Instant;

#[test]
fn broken_packs_are_survived() {
    let rig = Rig::new();
    let good = std::fs::read(rig.pack(TestPack::ONE_SHOT)).unwrap();
    let mut garbled = good.clone();
    let middle = garbled.len() / 2;
    for byte in &mut garbled[middle..middle + 4096] {
        *byte = !*byte;
    }
    for (name, bytes) in [
        ("empty.btx", vec![]),
        ("text.btx", b"this is no pack".to_vec()),
        ("half.btx", good[..good.len() / 2].to_vec()),
        ("garbled.btx", garbled),
    ] {
        let path = rig.sandbox().file(name);
        std::fs::write(&path, bytes).unwrap();
        rig.sandbox().choose_pack(Some(&path));
        let begin = Instant::now();
        let mut instance = ready(rig.instance(), RATE_HZ);
        let take = play(&mut instance, &plain(0.5, 0.5).note(0, 20_000, 1, 60, 1.0), 48_000);
        assert_eq!(level::not_finite(&take), 0, "{name}");
        assert!(level::peak(&take.left) <= 1.0, "{name}: {}", level::peak(&take.left));
        assert_eq!(take.note_ends().len(), 1, "{name}: the note ends");
        assert!(begin.elapsed().as_secs() < 10, "{name}: a bounce must not wait for ever");
        instance.save().unwrap();
    }
}
