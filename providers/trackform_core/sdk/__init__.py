"""What Pulumi's SDK does with our program and our plugin, made to fit thousands of objects."""
