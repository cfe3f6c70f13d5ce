using System.Buffers;
using System.Text;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>Refuses values that no store can hold.</summary>
internal static class RowValues
{
    /// <summary>Gives the value back if its text fits its kind.</summary>
    /// <exception cref="InvalidRowException">The text does not fit the kind.</exception>
    public static RowValue Checked(RowValue value)
    {
        if (value.Kind == RowValueKind.S)
        {
            return value;
        }

        try
        {
            JsonText.Strict.GetByteCount(value.Text);
        }
        catch (EncoderFallbackException half)
        {
            throw new InvalidRowException($"A value of type {value.Kind} holds half a surrogate pair at character {half.Index}. Write it as an escape.", half);
        }

        var json = new ArrayBufferWriter<byte>();
        RowJsonWriter.WriteValue(json, value);
        return new RowJsonReader(json.WrittenSpan).ReadOnlyValue();
    }
}
