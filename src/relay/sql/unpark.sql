delete from reader.parked
where name = $1
    and (authority, stream) in (select w.authority, w.stream
        from unnest($2::text[], $3::uuid[]) as w(authority, stream))
