//! What a block of `process` is given: parameter changes and events, as COM objects.

use vst3::Steinberg::Vst::{
    Event, IEventList, IEventListTrait, IParamValueQueue, IParamValueQueueTrait, IParameterChanges,
    IParameterChangesTrait, ParamID, ParamValue,
};
use vst3::Steinberg::{int32, kInvalidArgument, kNotImplemented, kResultOk, tresult};
use vst3::{Class, ComPtr, ComWrapper};

/// Notes and their expressions.
pub(super) struct Events {
    events: Vec<Event>,
}

impl Events {
    pub(super) fn list(events: Vec<Event>) -> ComPtr<IEventList> {
        ComWrapper::new(Self { events }).to_com_ptr().expect("the class has this interface")
    }
}

impl Class for Events {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for Events {
    unsafe fn getEventCount(&self) -> int32 {
        self.events.len() as int32
    }

    unsafe fn getEvent(&self, index: int32, event: *mut Event) -> tresult {
        match usize::try_from(index).ok().and_then(|index| self.events.get(index)) {
            Some(found) => {
                // SAFETY: the plugin hands a place for an event.
                unsafe { event.write(*found) };
                kResultOk
            }
            None => kInvalidArgument,
        }
    }

    unsafe fn addEvent(&self, _event: *mut Event) -> tresult {
        kNotImplemented
    }
}

/// The changes of all parameters in one block.
pub(super) struct Changes {
    queues: Vec<ComPtr<IParamValueQueue>>,
}

impl Changes {
    /// One queue for each entry: a parameter with its points (frame, normalised value).
    pub(super) fn list(queues: Vec<(ParamID, Vec<(int32, ParamValue)>)>) -> ComPtr<IParameterChanges> {
        let queue = |(id, points)| ComWrapper::new(Queue { id, points }).to_com_ptr().expect("as above");
        ComWrapper::new(Self { queues: queues.into_iter().map(queue).collect() }).to_com_ptr().expect("as above")
    }
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        self.queues.len() as int32
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        let queue = usize::try_from(index).ok().and_then(|index| self.queues.get(index));
        queue.map_or(std::ptr::null_mut(), ComPtr::as_ptr)
    }

    unsafe fn addParameterData(&self, _id: *const ParamID, _index: *mut int32) -> *mut IParamValueQueue {
        std::ptr::null_mut()
    }
}

struct Queue {
    id: ParamID,
    points: Vec<(int32, ParamValue)>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.points.len() as int32
    }

    unsafe fn getPoint(&self, index: int32, offset: *mut int32, value: *mut ParamValue) -> tresult {
        match usize::try_from(index).ok().and_then(|index| self.points.get(index)) {
            Some(point) => {
                // SAFETY: the plugin hands places for both.
                unsafe {
                    offset.write(point.0);
                    value.write(point.1);
                }
                kResultOk
            }
            None => kInvalidArgument,
        }
    }

    unsafe fn addPoint(&self, _offset: int32, _value: ParamValue, _index: *mut int32) -> tresult {
        kNotImplemented
    }
}
