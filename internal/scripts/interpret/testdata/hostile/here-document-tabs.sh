# ends: step_value
cat <<-END
	$(seq 1 99999999999)
	END
