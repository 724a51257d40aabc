//! Instances come and go with projects: their memory and threads must go with them.

use betwixt_tests::rig::{Rig, plain, play, ready};

/// Resident memory of this process in KiB, and its threads.
fn usage() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    let field = |name: &str| {
        let line = status.lines().find(|l| l.starts_with(name)).expect(name);
        line.split_whitespace().nth(1).and_then(|v| v.parse().ok()).expect("a number")
    };
    (field("VmRSS:"), field("Threads:"))
}

#[test]
fn a_thousand_instances_leave_nothing_behind() {
    let rounds: usize = std::env::var("BETWIXT_ROUNDS").ok().and_then(|v| v.parse().ok()).unwrap_or(400);
    let rig = Rig::new();
    let round = |sounding: bool| {
        let mut instance = ready(rig.instance(), 48_000.0);
        let timeline = plain(0.5, 0.5).hold(0, 60);
        let take = play(&mut instance, &timeline, 512);
        assert!(take.onset(1e-6).is_some());
        if !sounding {
            instance.processor().reset();
        }
        // Every other instance goes while its note sounds.
    };
    (0..100).for_each(|i| round(i % 2 == 0));
    let (before, threads_before) = usage();
    (0..rounds).for_each(|i| round(i % 2 == 0));
    // Threads end a moment after they are asked to.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let (after, threads) = usage();
    let grown = after.saturating_sub(before);
    println!("{rounds} rounds: {before} KiB before, {after} KiB after; {threads_before} and {threads} threads");
    // The allocator's arenas settle within some 7 MiB, however many rounds there are (3000: 6.9 MiB). An instance has
    // more than 100 KiB, its pack megabytes.
    assert!(grown < 10_000, "memory grew by {grown} KiB in {rounds} rounds");
    assert!(threads <= threads_before + 1, "{threads_before} threads before, {threads} after");
}
