DROP TABLE booking.appointment, booking.service, booking.rule, booking.calendar, practitioners.practitioner;
DROP FUNCTION booking.acts_as_steward, booking.count_pushes, booking.drop_expired_holds, booking.busy_ranges;
