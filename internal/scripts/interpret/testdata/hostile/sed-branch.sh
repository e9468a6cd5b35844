# ends: cancel
echo x | sed ":a;s/x/x/;ta"
