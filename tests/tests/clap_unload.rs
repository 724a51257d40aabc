//! A host may unload the plugin while threads that have run it live on. What the plugin left on
//! such a thread is called when the thread ends: it must still be there. A process of its own, since
//! any other instance keeps the library loaded.

use betwixt_tests::rig::{Rig, plain, ready};
use std::sync::mpsc;

#[test]
fn threads_that_played_the_plugin_may_outlive_it() {
    let rig = Rig::new();
    for _ in 0..3 {
        let mut instance = ready(rig.instance(), 48_000.0);
        let params = instance.params().to_vec();
        let mut processor = instance.take_processor();
        let (give_back, given_back) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let audio = std::thread::spawn(move || {
            let take = processor.play(&plain(0.5, 0.5).hold(0, 60), &params, 4_800, || 480).unwrap();
            give_back.send(processor).unwrap();
            // The thread ends when the plugin is long gone.
            ended.recv().unwrap();
            take.onset(1e-6).is_some()
        });
        instance.return_processor(given_back.recv().unwrap());
        drop(instance);
        end.send(()).unwrap();
        assert!(audio.join().unwrap());
    }
}
